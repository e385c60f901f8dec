import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  createNotifier,
  defineCatalogue,
  memoryStore,
  type NotifierOptions,
} from '@realtime-notify/core';
import { z } from 'zod';

const catalogue = defineCatalogue({
  message: z.object({ text: z.string() }),
  anything: z.unknown(),
});

/** A notifier on memory with the types `message {text}` and `anything`. */
export function makeNotifier(
  options: Partial<Omit<NotifierOptions<never>, 'catalogue' | 'escalation'>> = {},
) {
  return createNotifier({ catalogue, store: memoryStore(), nodeId: 'n1', ...options });
}

/** Serves on a free port; resolves with the server and its address. */
export async function serve(listener: RequestListener): Promise<{ server: Server; url: string }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** Status, body and headers of an answer. */
export async function answerOf(response: Response) {
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: (text === '' ? undefined : JSON.parse(text)) as Record<string, unknown>,
  };
}

/** Collects what a handler logs. */
export function recordingLogger() {
  const lines: { level: string; facts: object; message: string }[] = [];
  const at = (level: string) => (facts: object, message: string) => {
    lines.push({ level, facts, message });
  };
  return {
    lines,
    logger: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') },
  };
}
