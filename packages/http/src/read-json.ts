import { type LimitCounters, withinMs } from '@realtime-notify/core';
import { HttpError } from './http-status.js';
import { isDeeperThan } from './json-depth.js';
import type { BodiedRequest } from './route-request.js';

const maxDepth = 100;
const jsonType = /^application\/(?:[\w.+-]+\+)?json *(?:;|$)/i;

/**
 * The JSON value of a request's body. Where a body parser has run before, what it left is taken.
 * Rejects with HttpError `MEDIA_TYPE_UNSUPPORTED`, `BODY_TOO_LARGE`, `BODY_TIMEOUT` or `BODY_INVALID`.
 */
export async function readJson(
  request: BodiedRequest,
  limits: BodyLimits,
  counters: LimitCounters,
): Promise<unknown> {
  if (!jsonType.test(request.headers['content-type'] ?? '')) {
    throw new HttpError('MEDIA_TYPE_UNSUPPORTED', 'send Content-Type: application/json');
  }
  const { maxBodyBytes } = limits;
  if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) {
    throw tooLarge(maxBodyBytes, counters);
  }
  const value = wasParsed(request.parsed)
    ? parsedValue(request.parsed)
    : parse(await readInTime(request, limits, counters));
  if (isDeeperThan(value, maxDepth)) {
    throw new HttpError('BODY_INVALID', `the body is nested more than ${maxDepth} levels deep`);
  }
  return value;
}

/** The bounds of a body that we read ourselves. */
export interface BodyLimits {
  readonly maxBodyBytes: number;
  readonly bodyTimeoutMs: number;
}

/** Some parsers leave an empty object where they did not read the body. */
function wasParsed(body: unknown): boolean {
  if (body === undefined || body === null) return false;
  return typeof body !== 'object' || Object.keys(body).length > 0;
}

function parsedValue(body: unknown): unknown {
  if (typeof body === 'string') return parse(Buffer.from(body));
  return body instanceof Uint8Array ? parse(body) : body;
}

function readInTime(
  request: BodiedRequest,
  { maxBodyBytes, bodyTimeoutMs }: BodyLimits,
  counters: LimitCounters,
): Promise<Uint8Array> {
  const reading = readBytes(request, maxBodyBytes, counters);
  return withinMs(reading, bodyTimeoutMs, () => {
    counters.count('bodyTime');
    return new HttpError('BODY_TIMEOUT', `the body took more than ${bodyTimeoutMs} ms`);
  });
}

async function readBytes(
  request: BodiedRequest,
  maxBytes: number,
  counters: LimitCounters,
): Promise<Uint8Array> {
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') {
    throw new HttpError('MEDIA_TYPE_UNSUPPORTED', 'send the body without Content-Encoding');
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of request.chunks()) {
      size += chunk.length;
      if (size > maxBytes) break;
      chunks.push(chunk);
    }
  } catch (cause) {
    throw new HttpError('BODY_INVALID', 'the body ended early', { cause });
  }
  if (size > maxBytes) throw tooLarge(maxBytes, counters);
  return Buffer.concat(chunks);
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new HttpError('BODY_INVALID', 'the body is not JSON in UTF-8', { cause });
  }
}

function tooLarge(maxBytes: number, counters: LimitCounters): HttpError {
  counters.count('bodyBytes');
  return new HttpError('BODY_TOO_LARGE', `the body has more than ${maxBytes} bytes`);
}
