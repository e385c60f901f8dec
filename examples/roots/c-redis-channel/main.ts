// A Redis channel for each user, subscribed while a process holds a stream of theirs; notifications kept in
// relational tables; events with names over SSE; a batch job that publishes and holds no clients.
//   REDIS_URL=... POSTGRES_URL=... JWT_SECRET=... PORT=3000 main.ts serve
//   REDIS_URL=... POSTGRES_URL=... main.ts job < user-ids
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { jwtAuthenticator } from '@realtime-notify/auth-jwt';
import { redisBroker } from '@realtime-notify/broker-redis';
import { createNotifier, defineCatalogue } from '@realtime-notify/core';
import { postgresStore } from '@realtime-notify/store-postgres';
import { nodeMount } from '@realtime-notify/use/node';
import { z } from 'zod';

const { REDIS_URL = 'redis://127.0.0.1:6379', JWT_SECRET = '', PORT = '0' } = process.env;
const { POSTGRES_URL = 'postgres://127.0.0.1:5432/postgres' } = process.env;
const isJob = process.argv[2] === 'job';

const notifier = createNotifier({
  catalogue: defineCatalogue({ 'invoice.ready': z.object({ invoiceId: z.string() }) }),
  store: postgresStore({ url: POSTGRES_URL, retention: { maxCount: 100 } }),
  broker: redisBroker({ url: REDIS_URL }),
  publishOnly: isJob,
  // Unsubscribed so long after a user's last stream has ended.
  feedGraceMs: 1_000,
});
// What could not be stored is told, and the job ends with 1.
notifier.on('undelivered', ({ request, error }) => {
  console.error(JSON.stringify(request.to), error.message);
  process.exitCode = 1;
});
await notifier.start();
await (isJob ? publishForAll() : serve());

/** Off the request path: `enqueue` returns at once, `drain` waits for what was enqueued. */
async function publishForAll(): Promise<void> {
  for await (const user of createInterface(process.stdin)) {
    const data = { invoiceId: `2026-11-${user}` };
    const idempotencyKey = `invoice:${data.invoiceId}`;
    notifier.enqueue({ to: { user }, type: 'invoice.ready', data, idempotencyKey });
  }
  await notifier.drain();
}

async function serve(): Promise<void> {
  const server = createServer();
  const secret = Buffer.from(JWT_SECRET);
  const mounted = nodeMount(notifier, server, {
    access: { authenticate: jwtAuthenticator({ secret }) },
    // A stream is ended after half an hour; the browser comes back by itself, from its cursor.
    sse: { maxAgeMs: 1_800_000 },
    health: true,
  });
  server.on('request', (request, response) => {
    if (!mounted(request, response)) response.writeHead(404).end();
  });
  server.listen(Number(PORT), '127.0.0.1', () => {
    const address = server.address();
    if (typeof address === 'object') console.log(`ready http://127.0.0.1:${address?.port}`);
  });
  process.once('SIGTERM', async () => {
    await notifier.drain();
    server.close();
  });
}
