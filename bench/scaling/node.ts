// One node of several, without clients: its streams only count what is written to them.
// `scaling/node.ts <node id> <redis url> <positionCheckMs> <routing> <kafka brokers?> <kafka topic?>`
import { kafkaBroker } from '@realtime-notify/broker-kafka';
import { redisBroker, redisDirectory } from '@realtime-notify/broker-redis';
import {
  type Broker,
  createNotifier,
  defineCatalogue,
  type Encoding,
  type Outlet,
} from '@realtime-notify/core';
import { redisStore } from '@realtime-notify/store-redis';
import { z } from 'zod';
import { everybody, messageOf } from '../message.js';
import { answerParent, tell } from '../processes/answer-parent.js';
import type { NodeCommand, NodeFigures } from './commands.js';

const inFlight = 64;
const [nodeId = '', url = '', positionCheckMs = '', routing, brokers, topic = ''] =
  process.argv.slice(2);
const counts = { received: 0, beacons: 0, delivered: 0 };

const notifier = createNotifier({
  nodeId,
  catalogue: defineCatalogue({ message: z.object({ text: z.string() }) }),
  store: redisStore({ url }),
  broker: counted(
    brokers === undefined
      ? redisBroker({ url, routing: routing === 'directed' ? 'directed' : 'interest' })
      : kafkaBroker({ kafka: { brokers: brokers.split(',') }, topic, createTopic: {} }),
  ),
  ...(routing === 'directed' ? { directory: redisDirectory({ url }) } : {}),
  positionCheckMs: Number(positionCheckMs),
  maxConnectsPerSecond: 1_000_000,
  maxConnectsPerSecondPerIp: 1_000_000,
});

/** Counts what the broker hands over. */
function counted(broker: Broker): Broker {
  const start = broker.start.bind(broker);
  broker.start = (sink, options) =>
    start(
      {
        receive(envelopes) {
          for (const { type } of envelopes) {
            if (type === 'message') counts.received += 1;
            else counts.beacons += 1;
          }
          sink.receive(envelopes);
        },
        resync: (reason, channels) => sink.resync(reason, channels),
        status: (state) => sink.status(state),
      },
      options,
    );
  return broker;
}

/** One byte for each notification. */
const oneByte: Encoding = { encode: () => Buffer.alloc(1), separator: Buffer.alloc(0) };

const outlet = (): Outlet => ({
  bufferedBytes: 0,
  ready: () => undefined,
  write(batch) {
    counts.delivered += batch.bytes(oneByte).length;
  },
  onceDrained: (listener) => listener(),
  close: () => undefined,
});

async function attach(users: readonly string[]): Promise<void> {
  for (let at = 0; at < users.length; at += inFlight) {
    await Promise.all(
      users.slice(at, at + inFlight).map((userId) =>
        notifier.attach({
          principal: { userId },
          groups: [],
          outlet: outlet(),
          isGone: () => false,
        }),
      ),
    );
  }
}

async function publish(count: number, users: readonly string[]): Promise<void> {
  let n = 0;
  const worker = async (): Promise<void> => {
    while (n < count) {
      const user = users[n % users.length];
      n += 1;
      const data = messageOf(n, everybody);
      const to = user === undefined ? { all: true as const } : { user };
      await notifier.notify({ to, type: 'message', data });
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
}

function figures(): NodeFigures {
  const { user, system } = process.cpuUsage();
  return { ...counts, cpu: user + system };
}

answerParent<NodeCommand>(async (command) => {
  switch (command.do) {
    case 'attach':
      return attach(command.users).then(() => 'done');
    case 'publish':
      return publish(command.count, command.users).then(() => 'done');
    case 'figures':
      return figures();
  }
});

await notifier.start();
tell();
