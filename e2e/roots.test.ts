import { readFileSync } from 'node:fs';
import { Redis } from 'ioredis';
import { SignJWT } from 'jose';
import { expect, onTestFinished, test } from 'vitest';
import { eventually } from './harness/eventually.js';
import { repoDir } from './harness/example.js';
import { KafkaView } from './harness/kafka.js';
import { mongoDatabase } from './harness/mongo-database.js';
import { asObject } from './harness/notification.js';
import { postgresDatabase } from './harness/postgres-database.js';
import { privateMongo } from './harness/private-servers.js';
import { redisDatabase } from './harness/redis-database.js';
import { RootProcess } from './harness/root-process.js';
import { serviceAddress } from './harness/service-address.js';
import { sseReader } from './harness/sse-reader.js';
import type { StreamReader } from './harness/stream-reader.js';

const JWT_SECRET = 'only for this test, and long enough for it';

const tokenOf = (user: string): Promise<string> =>
  new SignJWT({})
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(user)
    .setExpirationTime('1h')
    .sign(Buffer.from(JWT_SECRET));

async function reader(user: string, base: string): Promise<StreamReader> {
  const token = await tokenOf(user);
  const opened = sseReader({ name: `${user} at ${base}`, nodes: [base], token });
  onTestFinished(() => opened.cut());
  return opened;
}

test.each(['a-directory-kafka', 'b-kafka-fanout', 'c-redis-channel'])(
  '%s has less than 80 lines',
  (root) => {
    const text = readFileSync(`${repoDir}examples/roots/${root}/main.ts`, 'utf8');
    expect(text.split('\n').length).toBeLessThan(80);
  },
);

test('root A: two servers and a sender; Kafka carries something for who is there only, to that server', async () => {
  const { url: REDIS_URL, release } = await redisDatabase();
  onTestFinished(release);
  const run = crypto.randomUUID().slice(0, 8);
  const KAFKA_TOPIC = `${run}-root-a`;
  const kafka = await KafkaView.open();
  onTestFinished(() => kafka.close());
  await kafka.createTopic(KAFKA_TOPIC, 2);
  await kafka.createTopic(`${KAFKA_TOPIC}.direct`, 2);
  const env = { REDIS_URL, KAFKA_BROKERS: serviceAddress('KAFKA_BROKERS'), KAFKA_TOPIC };
  const servers = [0, 1].map(
    () => new RootProcess('a-directory-kafka', 'serve', { ...env, JWT_SECRET }),
  );
  const [a = '', b = ''] = await Promise.all(servers.map((server) => server.ready()));
  const nodeIds = await Promise.all([a, b].map(nodeIdAt));
  const [here, there, nobody] = [`${run}-here`, `${run}-there`, `${run}-nobody`];
  const readers = [await reader(here, a), await reader(there, b)];
  await Promise.all(readers.map((each) => each.open()));

  const sender = new RootProcess('a-directory-kafka', 'send', env);
  sender.input([here, there, nobody].join('\n'));
  expect(await sender.ended()).toEqual({
    code: 0,
    output: `${here} ${nodeIds[0]}\n${there} ${nodeIds[1]}\n${nobody}\n`,
  });
  await eventually('both were shown theirs', () =>
    readers.every(({ log }) => log.channels.some((channel) => log.count(channel) > 0)),
  );
  for (const [index, user] of [here, there].entries()) {
    expect(readers[index]?.log.on(`user:${user}`)).toMatchObject([
      { type: 'order.shipped', data: { orderId: `of ${user}` } },
    ]);
    expect(readers[index]?.log.problems).toEqual([]);
  }
  // Of three notifications two had anybody to go to, and none went to everybody.
  expect(await kafka.count(`${KAFKA_TOPIC}.direct`)).toBe(2);
  for (const server of servers) server.terminate();
  for (const server of servers) expect(await server.ended()).toMatchObject({ code: 0 });
});

async function nodeIdAt(base: string): Promise<unknown> {
  const { nodeId } = asObject(await (await fetch(`${base}/readyz`)).json(), 'readiness');
  return nodeId;
}

test('root B: events of another service, mapped once and shown by whichever server; what does not fit is a dead letter', async () => {
  const { url: MONGODB_URL, release } = await mongoDatabase();
  onTestFinished(release);
  const run = crypto.randomUUID().slice(0, 8);
  const [KAFKA_TOPIC, EVENTS_TOPIC] = [`${run}-root-b`, `${run}-orders`];
  const letters = `${EVENTS_TOPIC}.dead-letters`;
  const kafka = await KafkaView.open();
  onTestFinished(() => kafka.close());
  for (const topic of [KAFKA_TOPIC, EVENTS_TOPIC, letters]) await kafka.createTopic(topic, 2);
  const env = { MONGODB_URL, KAFKA_BROKERS: serviceAddress('KAFKA_BROKERS') };
  const servers = [0, 1].map(
    () =>
      new RootProcess('b-kafka-fanout', 'serve', { ...env, KAFKA_TOPIC, EVENTS_TOPIC, JWT_SECRET }),
  );
  const [a = '', b = ''] = await Promise.all(servers.map((server) => server.ready()));
  const [one, two] = [`${run}-one`, `${run}-two`];
  const readers = [await reader(one, a), await reader(one, b), await reader(two, b)];
  await Promise.all(readers.map((each) => each.open()));

  const shipped = (customer: string) => {
    const value = JSON.stringify({ orderId: `of-${customer}`, status: 'shipped', customer });
    return { key: customer, value };
  };
  const producer = await kafka.producer();
  onTestFinished(() => producer.disconnect());
  await producer.send({
    topic: EVENTS_TOPIC,
    // The first event is produced twice, and counts once.
    messages: [shipped(one), shipped(one), { key: one, value: '{"orderId":7}' }, shipped(two)],
  });
  const userOf = (each: StreamReader): string => each.name.split(' ')[0] ?? '';
  await eventually('everybody was shown theirs', () =>
    readers.every((each) => each.log.count(`user:${userOf(each)}`) > 0),
  );
  await eventually('the one that does not fit is set aside', async () => {
    return (await kafka.count(letters)) === 1;
  });
  for (const each of readers) {
    const user = userOf(each);
    const order = `of-${user}`;
    const data = {
      title: `Order ${order}`,
      message: 'Your order is shipped.',
      link: `/orders/${order}`,
    };
    expect(each.log.on(`user:${user}`)).toMatchObject([{ type: 'notification', data }]);
    expect(each.log.problems).toEqual([]);
  }
  for (const server of servers) server.terminate();
  for (const server of servers) expect(await server.ended()).toMatchObject({ code: 0 });
});

test('root B: what is posted while MongoDB is away waits in Kafka, also of a server that is killed, and is shown once', async () => {
  const mongo = await privateMongo();
  onTestFinished(() => mongo.stop());
  const run = crypto.randomUUID().slice(0, 8);
  const [KAFKA_TOPIC, EVENTS_TOPIC] = [`${run}-root-b`, `${run}-orders`];
  const log = `${KAFKA_TOPIC}.write-back`;
  const kafka = await KafkaView.open();
  onTestFinished(() => kafka.close());
  for (const topic of [KAFKA_TOPIC, EVENTS_TOPIC, log]) await kafka.createTopic(topic, 2);
  const env = { MONGODB_URL: mongo.url, KAFKA_BROKERS: serviceAddress('KAFKA_BROKERS') };
  const [killed, other] = [0, 1].map(
    () =>
      new RootProcess('b-kafka-fanout', 'serve', { ...env, KAFKA_TOPIC, EVENTS_TOPIC, JWT_SECRET }),
  );
  const [a = '', b = ''] = await Promise.all([killed?.ready(), other?.ready()]);
  const post = async (user: string, token: string, n: number) => {
    const data = { title: `Message ${n}`, message: 'hello', link: '/' };
    return fetch(`${a}/notifications/publish`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ to: { user }, type: 'notification', data }),
    });
  };
  const shown = await reader('u1', b);
  await shown.open();
  const token = await tokenOf('service');
  expect((await post('u1', await tokenOf('u1'), 0)).status).toBe(403);
  expect(await (await post('u1', token, 1)).json()).toMatchObject({ stored: true });
  await mongo.kill9();
  for (const n of [2, 3, 4]) {
    expect(await (await post('u1', token, n)).json()).toMatchObject({ buffered: true });
  }
  expect(await kafka.count(log)).toBe(3);
  killed?.kill9();
  await mongo.restart();
  await eventually('all are shown', () => shown.log.count('user:u1') === 4);
  const titles = shown.log.on('user:u1').map(({ data }) => asObject(data, 'data').title);
  expect(titles).toEqual([1, 2, 3, 4].map((n) => `Message ${n}`));
  expect(shown.log.problems).toEqual([]);
  other?.terminate();
  expect(await other?.ended()).toMatchObject({ code: 0 });
});

test('root C: two servers and a batch job, joined by a Redis channel for each user who is there, kept in tables', async () => {
  const { url: REDIS_URL, release } = await redisDatabase();
  onTestFinished(release);
  const postgres = await postgresDatabase();
  onTestFinished(() => postgres.release());
  const env = { REDIS_URL, POSTGRES_URL: postgres.url };
  const redis = new Redis(REDIS_URL);
  onTestFinished(() => redis.disconnect());
  const subscribed = async (user: string): Promise<boolean> =>
    (await redis.pubsub('CHANNELS', `*user:${user}*`)).length > 0;
  const servers = [0, 1].map(
    () => new RootProcess('c-redis-channel', 'serve', { ...env, JWT_SECRET }),
  );
  const [a = '', b = ''] = await Promise.all(servers.map((server) => server.ready()));
  const run = crypto.randomUUID().slice(0, 8);
  const [here, there, nobody] = [`${run}-here`, `${run}-there`, `${run}-nobody`];
  const readers = [await reader(here, a), await reader(there, b), await reader(there, a)];
  await Promise.all(readers.map((each) => each.open()));
  expect([await subscribed(here), await subscribed(there), await subscribed(nobody)]).toEqual([
    true,
    true,
    false,
  ]);

  for (let time = 0; time < 2; time += 1) {
    // The second time for nothing: the keys are the same.
    const job = new RootProcess('c-redis-channel', 'job', env);
    job.input([here, there, nobody].join('\n'));
    expect(await job.ended()).toEqual({ code: 0, output: '' });
  }
  const userOf = (each: StreamReader): string => each.name.split(' ')[0] ?? '';
  await eventually('everybody was shown theirs', () =>
    readers.every((each) => each.log.count(`user:${userOf(each)}`) > 0),
  );
  for (const each of readers) {
    const user = userOf(each);
    expect(each.log.on(`user:${user}`)).toMatchObject([
      { type: 'invoice.ready', data: { invoiceId: `2026-11-${user}` } },
    ]);
    expect(each.log.problems).toEqual([]);
  }

  // In the table are those two, and that of who was not there.
  const kept = await postgres.query(
    'SELECT channel, data FROM realtime_notify.log JOIN realtime_notify.heads h ON h.id = head_id ORDER BY 1',
  );
  const rowOf = (user: string) => ({
    channel: `user:${user}`,
    data: JSON.stringify({ invoiceId: `2026-11-${user}` }),
  });
  expect(kept).toEqual([here, nobody, there].map(rowOf));

  readers[0]?.cut();
  await eventually('nobody is subscribed for who has left', async () => !(await subscribed(here)));
  expect(await subscribed(there)).toBe(true);
  for (const server of servers) server.terminate();
  for (const server of servers) expect(await server.ended()).toMatchObject({ code: 0 });
});
