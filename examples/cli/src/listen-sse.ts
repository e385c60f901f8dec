import { setTimeout as delay } from 'node:timers/promises';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import type { ListenRequest } from './listen-request.js';

/** Reads the event stream, comes back when it ends, and resumes where it stood. */
export async function listenOverSse(
  { base, token, groups, cursor }: ListenRequest,
  show: (event: object) => void,
): Promise<void> {
  const url = new URL('/notifications/stream', base);
  for (const group of groups) url.searchParams.append('group', group);
  let position = cursor;
  let retryMs = 2_000;
  for (;;) {
    const response = await open(url, token, position);
    if (response?.status === 204) return;
    if (response?.body) {
      const parser = new EventSourceParserStream({
        onRetry: (ms) => {
          retryMs = ms;
        },
      });
      try {
        const events = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(parser);
        for await (const { event = 'message', data, id } of events) {
          position = id ?? position;
          show({ event, ...(id === undefined ? {} : { cursor: id }), data: JSON.parse(data) });
        }
      } catch (error) {
        show({ event: 'cut', data: { message: String(error) } });
      }
    }
    await delay(retryMs);
  }
}

/** Undefined where the server cannot be reached now. Rejects where it refuses us. */
async function open(url: URL, token: string, cursor: string | undefined) {
  const headers = {
    Authorization: `Bearer ${token}`,
    ...(cursor === undefined ? {} : { 'Last-Event-ID': cursor }),
  };
  const response = await fetch(url, { headers }).catch(() => undefined);
  if (response !== undefined && response.status >= 400 && response.status < 500) {
    throw new Error(`refused with ${response.status}: ${await response.text()}`);
  }
  return response;
}
