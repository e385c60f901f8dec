import { eventually } from '@realtime-notify/contract-kit';
import {
  createNotifier,
  defineCatalogue,
  memoryStore,
  type NotifierEvents,
  NotifyError,
  type Store,
  silentLogger,
} from '@realtime-notify/core';
import { CompressionTypes } from 'kafkajs';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { kafkaWriteBack } from '../src/index.js';
import { registerRawZstd } from './raw-zstd.js';
import { createTopic, freshTopic, kafkaBrokers, withAdmin } from './test-kafka.js';
import { produce } from './test-source.js';

const brokers = kafkaBrokers();
registerRawZstd();
const catalogue = defineCatalogue({ message: z.object({ n: z.number() }) });

/** A store that several notifiers share, and that can be down. */
function shakyStore() {
  const inner = memoryStore();
  const state = { isDown: false };
  const asked = (): void => {
    if (state.isDown) throw new NotifyError('STORE_UNAVAILABLE', 'down');
  };
  const store: Store = {
    shared: true,
    start: () => inner.start(),
    async append(drafts) {
      asked();
      return inner.append(drafts);
    },
    readAfter: (requests) => inner.readAfter(requests),
    async positions(channels) {
      asked();
      return inner.positions(channels);
    },
    states: (channels) => inner.states(channels),
    renewEpoch: (channel, epoch) => inner.renewEpoch(channel, epoch),
    drain: async () => {},
    close: async () => {},
  };
  const numbers = async (user: string): Promise<readonly number[]> => {
    const [page] = await inner.readAfter([{ channel: `user:${user}`, after: 0, limit: 1_000 }]);
    return (page?.items ?? []).map(({ dataJson }) => Number(JSON.parse(dataJson).n));
  };
  return { store, state, numbers };
}

async function cluster() {
  const topic = freshTopic('write-back');
  await createTopic(brokers, topic, 4);
  const { store, state, numbers } = shakyStore();
  const told: NotifierEvents['notified'][] = [];
  const errors: string[] = [];
  const logger = { ...silentLogger, error: (_: object, text: string) => errors.push(text) };
  const node = async (publishOnly = false) => {
    const notifier = createNotifier({
      catalogue,
      publishOnly,
      store,
      whenStoreDown: 'log',
      writeBack: kafkaWriteBack({ kafka: { brokers }, topic, sessionTimeoutMs: 6_000, logger }),
    });
    onTestFinished(() => notifier.close());
    notifier.on('notified', (each) => told.push(each));
    await notifier.start();
    return notifier;
  };
  return { state, numbers, topic, told, errors, node };
}

const users = Array.from({ length: 8 }, (_, i) => `u${i}`);
const to = (user: string, n: number) => ({ to: { user }, type: 'message', data: { n } }) as const;
const range = (count: number) => Array.from({ length: count }, (_, n) => n);

test('what two nodes log in an outage is replayed once and in order, also of the one that is gone', async () => {
  const { state, numbers, node, told } = await cluster();
  const [going, staying] = [await node(), await node()];
  state.isDown = true;
  const logged = users.map(async (user, i) => {
    const sender = i % 2 === 0 ? going : staying;
    for (const n of range(50)) {
      const result = await sender.notify(to(user, n));
      expect(result).toMatchObject({ stored: false, buffered: true });
    }
  });
  await Promise.all(logged);
  await going.close();
  state.isDown = false;
  for (const user of users) {
    await eventually(async () => expect(await numbers(user)).toEqual(range(50)));
  }
  // What is stored is told right after.
  await eventually(() => {
    const ids = told.filter(({ result }) => !result.buffered).map(({ result }) => result.id);
    expect(new Set(ids).size).toBe(400);
  });
  // The turn of the channels has come: it is stored at once again.
  await eventually(async () => {
    expect(await staying.notify(to('u1', 50 + Math.random()))).toMatchObject({ stored: true });
  });
});

test('what comes when the store is back goes behind what is in the log', async () => {
  const { state, numbers, node } = await cluster();
  const notifier = await node();
  for (const round of range(5)) {
    state.isDown = true;
    for (const n of range(20)) await notifier.notify(to('u1', round * 30 + n));
    state.isDown = false;
    for (const n of range(10)) await notifier.notify(to('u1', round * 30 + 20 + n));
  }
  await eventually(async () => expect(await numbers('u1')).toEqual(range(150)));
});

test('a node that only publishes leaves the replay to others, and its channels wait for it', async () => {
  const { state, numbers, node } = await cluster();
  const publishing = await node(true);
  state.isDown = true;
  await publishing.notify(to('u1', 1));
  state.isDown = false;
  await node();
  await eventually(async () => expect(await numbers('u1')).toEqual([1]));
  await eventually(async () => {
    expect(await publishing.notify(to('u1', 2))).toMatchObject({ stored: true });
  });
});

test('records that are none of ours, and what is refused, keep nothing from its turn; only the former are told as such', async () => {
  const { state, numbers, node, topic, errors } = await cluster();
  const notifier = await node();
  await notifier.notify({ ...to('u1', 0), idempotencyKey: 'k' });
  state.isDown = true;
  const foreign = range(4).map((partition) => ({ partition, value: 'not a draft' }));
  await produce(topic, foreign);
  await notifier.notify(to('u1', 1));
  await notifier.notify({ ...to('u1', 9), idempotencyKey: 'k' });
  // Batches that cannot be read at all.
  await produce(topic, foreign, CompressionTypes.ZSTD);
  await notifier.notify(to('u1', 2));
  state.isDown = false;
  await eventually(async () => expect(await numbers('u1')).toEqual([0, 1, 2]));
  await eventually(() => {
    const passed = errors.filter(
      (each) => each === 'kafka-write-back: no draft of ours was passed',
    );
    expect(passed).toHaveLength(8);
  });
});

test('what Kafka has deleted unread holds nothing up, and is told', async () => {
  const { state, numbers, node, topic, errors } = await cluster();
  // The group has a place in each partition, before what goes.
  await (await node()).close();
  const publishing = await node(true);
  state.isDown = true;
  for (const user of users) await publishing.notify(to(user, 1));
  await withAdmin(brokers, async (admin) => {
    const ends = await admin.fetchTopicOffsets(topic);
    const partitions = ends.map(({ partition, high }) => ({ partition, offset: high }));
    await admin.deleteTopicRecords({ topic, partitions });
  });
  state.isDown = false;
  await node();
  await eventually(async () => {
    for (const user of users) {
      expect(await publishing.notify(to(user, 2))).toMatchObject({ stored: true });
    }
  });
  for (const user of users) expect(await numbers(user)).not.toContain(1);
  expect(errors).toContain('Kafka has deleted records that were never read');
});

test('a topic that is missing and may not be made is refused at start', async () => {
  const writeBack = kafkaWriteBack({ kafka: { brokers }, topic: freshTopic('missing') });
  const notifier = createNotifier({ catalogue, store: shakyStore().store, writeBack });
  onTestFinished(() => notifier.close());
  await expect(notifier.start()).rejects.toMatchObject({ code: 'BROKER_CONFIGURATION' });
});
