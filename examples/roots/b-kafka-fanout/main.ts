// Business events of other services, on Kafka, become notifications with title, message and link; every
// server reads every notification and delivers it to its own streams.
//   MONGODB_URL=... KAFKA_BROKERS=... KAFKA_TOPIC=... EVENTS_TOPIC=... JWT_SECRET=... PORT=3000 main.ts
import { createServer } from 'node:http';
import { jwtAuthenticator } from '@realtime-notify/auth-jwt';
import { kafkaBroker, kafkaSource, kafkaWriteBack } from '@realtime-notify/broker-kafka';
import { createNotifier, defineCatalogue } from '@realtime-notify/core';
import { mongoStore } from '@realtime-notify/store-mongo';
import { nodeMount } from '@realtime-notify/use/node';
import { z } from 'zod';

const { MONGODB_URL: url = 'mongodb://127.0.0.1:27017/notifications' } = process.env;
const { KAFKA_BROKERS = '127.0.0.1:9092' } = process.env;
const { KAFKA_TOPIC = 'notifications', EVENTS_TOPIC = 'orders' } = process.env;
const { JWT_SECRET = '', PORT = '0' } = process.env;
const kafka = { brokers: KAFKA_BROKERS.split(',') };

const notification = z.object({ title: z.string(), message: z.string(), link: z.string() });
const notifier = createNotifier({
  catalogue: defineCatalogue({ notification }),
  broker: kafkaBroker({ kafka, topic: KAFKA_TOPIC, createTopic: {} }),
  // A month of history.
  store: mongoStore({ url, retention: { maxCount: 500, maxAgeMs: 30 * 86_400_000 } }),
  // Events wait in Kafka anyway while MongoDB is away; what is posted here does so then, and outlives this process.
  whenStoreDown: 'log',
  writeBack: kafkaWriteBack({ kafka, topic: `${KAFKA_TOPIC}.write-back`, createTopic: {} }),
});
const source = kafkaSource({
  kafka,
  kafkaTopics: [EVENTS_TOPIC],
  groupId: `${EVENTS_TOPIC}-notifications`,
  notifier,
  createTopic: {},
  value: z.object({ orderId: z.string(), status: z.string(), customer: z.string() }),
  eventId: ({ value: { orderId, status } }) => `${orderId}:${status}`,
  // What does not fit goes to `<topic>.dead-letters`; what cannot be stored just now is tried again.
  map: ({ value: { orderId, status, customer } }) => ({
    to: { user: customer },
    type: 'notification',
    data: {
      title: `Order ${orderId}`,
      message: `Your order is ${status}.`,
      link: `/orders/${orderId}`,
    },
  }),
});
notifier.onDrain(() => source.drain());
await notifier.start();

const server = createServer();
const authenticate = jwtAuthenticator({ secret: Buffer.from(JWT_SECRET) });
const mounted = nodeMount(notifier, server, {
  // Streams and the look back (`GET /notifications?since=`) by the same token.
  access: { authenticate },
  // Services that have no events post to `/notifications/publish`, in the name of `service`.
  publish: {
    authorizePublish: async (request) => (await authenticate(request))?.userId === 'service',
  },
  health: true,
});
server.on('request', (request, response) => {
  if (!mounted(request, response)) response.writeHead(404).end();
});
await source.start();
server.listen(Number(PORT), '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object') console.log(`ready http://127.0.0.1:${address?.port}`);
});
process.once('SIGTERM', async () => {
  await notifier.drain();
  server.close();
});
