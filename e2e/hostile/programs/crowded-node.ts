// A node under measurement: publishes when told to, and tells what it holds. Run with --expose-gc.
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { createNotifier, defineCatalogue } from '@realtime-notify/core';
import { nodeMount } from '@realtime-notify/use/node';
import { z } from 'zod';

/** So few that each client's bytes are its own: larger writes share theirs. */
const perTick = 5;
const everyMs = 1;
/** Where it ends, whatever was to be reached. */
const mostSent = 60_000;
const mostBytes = 400 * 1024 * 1024;

const notifier = createNotifier({
  catalogue: defineCatalogue({ tick: z.object({ n: z.number(), text: z.string() }) }),
  maxBufferedBytes: Number(process.env.MAX_BUFFERED_BYTES),
  maxNodeBufferedBytes: Number.MAX_SAFE_INTEGER,
});
await notifier.start();
const server = http.createServer();
const mounted = nodeMount(notifier, server, {
  access: { authenticate: ({ query }) => ({ userId: query.get('token') ?? 'nobody' }) },
});
server.on('request', mounted);
server.listen(0, '127.0.0.1', () => tell({ port: (server.address() as AddressInfo).port }));

const text = 'x'.repeat(900);
let n = 0;
let peak = 0;

/** About 5,000 a second to everybody; ends early where memory runs away, rather than with the machine. */
async function publish({ until, atMost }: Task): Promise<void> {
  const started = n;
  peak = 0;
  const isDone = (): boolean =>
    until === 'closed' ? notifier.limits.snapshot().bufferedBytes >= atMost : n - started >= atMost;
  while (!isDone() && n - started < mostSent && peak < mostBytes) {
    for (let each = 0; each < perTick; each += 1) {
      n += 1;
      void notifier.notify({ to: { all: true }, type: 'tick', data: { n, text }, durable: false });
    }
    peak = Math.max(peak, process.memoryUsage.rss());
    await delay(everyMs);
  }
  tell({
    peak,
    sent: n,
    closed: notifier.limits.snapshot().bufferedBytes,
    open: notifier.emitters.size,
  });
}

/** Publishes until so many were sent, or so many clients were closed for their backlog. */
interface Task {
  readonly until: 'sent' | 'closed';
  readonly atMost: number;
}

function tell(message: object): void {
  process.send?.(message);
}

process.on('message', (task: Task) => {
  globalThis.gc?.();
  void publish(task);
});
process.once('disconnect', () => process.exit());
