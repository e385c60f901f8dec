import { kafkaBroker } from '../src/index.js';

// Nodes with a group each, to be killed. Arguments: the Kafka brokers, the Kafka topic, how many nodes.
const [brokers = '', topic = '', nodes = ''] = process.argv.slice(2);
const starts = Array.from({ length: Number(nodes) }, () =>
  kafkaBroker({
    kafka: { brokers: brokers.split(',') },
    topic,
    tail: 'group',
    janitorIntervalMs: false,
  }).start({ receive: () => {}, resync: () => {}, status: () => {} }),
);
await Promise.all(starts);
process.stdout.write('started\n');
