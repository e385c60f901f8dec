import { type AddressInfo, createServer } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Logger } from '@realtime-notify/core';
import { expect, onTestFinished } from 'vitest';
import { freshChannel } from '../samples.js';
import { type StoreOutageTheme, unavailable } from './store-outage-harness.js';

const endlessly = { startTimeoutMs: 3_600_000, maxReconnectDelayMs: 3_600_000 };

/** How the link is made, and what is said of it. */
export function linkTheme({ book, bench }: StoreOutageTheme): void {
  book.clause('S-LATE', 'start rejects, and succeeds once the server is there', async () => {
    const { server, port } = await bench.server();
    await server.kill('SIGKILL');
    const store = bench.store(port, { startTimeoutMs: 500 });
    await expect(store.start()).rejects.toMatchObject(unavailable);
    const channel = freshChannel();
    await expect(store.positions([channel])).rejects.toMatchObject({ code: 'NOT_STARTED' });
    await server.restart();
    await bench.eventually(() => store.start());
    await store.positions([channel]);
  });

  book.clause('S-START-CLOSED', 'start rejects with CLOSED, by then at the latest', async () => {
    const refusing = await refusingServer();
    const store = bench.store(refusing.port, endlessly);
    const started = expect(store.start()).rejects.toMatchObject({ code: 'CLOSED' });
    let hasEnded = false;
    void started.finally(() => {
      hasEnded = true;
    });
    // The waits double: after five attempts it waits far longer than an attempt takes.
    await bench.eventually(() => expect(refusing.attempts()).toBeGreaterThanOrEqual(5));
    await store.close();
    await nextTurn();
    expect(hasEnded).toBe(true);
    await started;
  });

  book.clause('S-LINK-LOG', 'however many attempts and calls fail', async () => {
    const { up, down } = bench.linkLines;
    const { server, port } = await bench.server();
    const { logger, lines } = noting();
    const store = await bench.started(port, { logger });
    expect(lines.filter((line) => line === up)).toHaveLength(1);
    // A store may say more of its server, when it first meets it.
    const later = (): readonly string[] => lines.slice(first);
    const first = lines.length;
    await server.kill('SIGKILL');
    await bench.eventually(() => expect(later()).toEqual([down]));
    const channel = freshChannel();
    const calls = Array.from({ length: 20 }, () => store.positions([channel]));
    for (const { status } of await Promise.allSettled(calls)) expect(status).toBe('rejected');
    await server.restart();
    await bench.eventually(() => store.positions([channel]));
    await bench.eventually(() => expect(later()).toEqual([down, up]));
    await store.close();
    expect(later()).toEqual([down, up]);
  });
}

/** Accepts connections, and ends each at once. */
async function refusingServer(): Promise<{ readonly port: number; attempts(): number }> {
  let attempts = 0;
  const server = createServer((socket) => {
    attempts += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { port, attempts: () => attempts };
}

function noting(): { readonly logger: Logger; readonly lines: readonly string[] } {
  const lines: string[] = [];
  const note = (_facts: object, message: string): void => {
    lines.push(message);
  };
  return { logger: { debug: note, info: note, warn: note, error: note }, lines };
}
