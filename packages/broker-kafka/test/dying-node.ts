import { kafkaBroker } from '../src/index.js';

// A node with a group of its own, to be killed. Arguments: the Kafka brokers, the Kafka topic.
const [brokers = '', topic = ''] = process.argv.slice(2);
const broker = kafkaBroker({
  kafka: { brokers: brokers.split(',') },
  topic,
  tail: 'group',
  janitorIntervalMs: false,
});
await broker.start({ receive: () => {}, resync: () => {}, status: () => {} });
process.stdout.write('started\n');
