// A directory says at which server a user is; what is for the user goes over Kafka to that server alone.
//   REDIS_URL=... KAFKA_BROKERS=... KAFKA_TOPIC=... JWT_SECRET=... PORT=3000 main.ts serve
//   REDIS_URL=... KAFKA_BROKERS=... KAFKA_TOPIC=... main.ts send < user-ids
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { jwtAuthenticator } from '@realtime-notify/auth-jwt';
import { kafkaBroker } from '@realtime-notify/broker-kafka';
import { redisDirectory } from '@realtime-notify/broker-redis';
import { createNotifier, defineCatalogue } from '@realtime-notify/core';
import { redisStore } from '@realtime-notify/store-redis';
import { nodeMount } from '@realtime-notify/use/node';
import { z } from 'zod';

const { REDIS_URL: url = 'redis://127.0.0.1:6379', KAFKA_BROKERS = '127.0.0.1:9092' } = process.env;
const { KAFKA_TOPIC: topic = 'notifications', JWT_SECRET = '', PORT = '0' } = process.env;
const isSender = process.argv[2] === 'send';

const notifier = createNotifier({
  catalogue: defineCatalogue({ 'order.shipped': z.object({ orderId: z.string() }) }),
  // The server's id is a UUID made once for each process: the default of `nodeId`.
  directory: redisDirectory({ url }),
  broker: kafkaBroker({
    kafka: { brokers: KAFKA_BROKERS.split(',') },
    topic,
    routing: 'directed',
    createTopic: {},
  }),
  store: redisStore({ url }),
  publishOnly: isSender,
});
await notifier.start();
await (isSender ? sendToAll() : serve());

/** Looks each user up, and says where they were. Nothing goes over Kafka for who is nowhere. */
async function sendToAll(): Promise<void> {
  for await (const user of createInterface(process.stdin)) {
    const servers = await notifier.where(user);
    const data = { orderId: `of ${user}` };
    await notifier.notify({ to: { user }, type: 'order.shipped', data });
    console.log(`${user} ${servers.join(' ')}`.trimEnd());
  }
  await notifier.drain();
}

async function serve(): Promise<void> {
  const server = createServer();
  const secret = Buffer.from(JWT_SECRET);
  const mounted = nodeMount(notifier, server, {
    access: { authenticate: jwtAuthenticator({ secret }) },
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
