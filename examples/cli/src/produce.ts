import { Kafka, logLevel, type Message, Partitioners } from 'kafkajs';
import { notificationOptions, outgoings } from './notifications.js';
import { readOptions } from './options.js';
import { UsageError } from './usage.js';

const recordsPerRequest = 500;

/** Writes records as any program would: plain kafkajs, nothing of ours. Keyed, so that each user's keep order. */
export async function produce(args: string[]): Promise<void> {
  const options = readOptions(args, {
    brokers: { type: 'string', default: '127.0.0.1:9092' },
    topic: { type: 'string' },
    value: { type: 'string' },
    ...notificationOptions,
  });
  const { topic } = options;
  if (topic === undefined) throw new UsageError('--topic is missing');
  const kafka = new Kafka({ brokers: options.brokers.split(','), logLevel: logLevel.ERROR });
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  try {
    let written = 0;
    let messages: Message[] = [];
    const write = async (): Promise<void> => {
      if (messages.length > 0) await producer.send({ topic, messages });
      written += messages.length;
      messages = [];
    };
    for (const message of records(options)) {
      messages.push(message);
      if (messages.length === recordsPerRequest) await write();
    }
    await write();
    process.stdout.write(`${JSON.stringify({ topic, written })}\n`);
  } finally {
    await producer.disconnect();
  }
}

/** The value as it was given, or one that asks for a notification. */
function* records(options: Parameters<typeof outgoings>[0] & { value?: string | undefined }) {
  if (options.value !== undefined) yield { value: options.value };
  else for (const { key, body } of outgoings(options)) yield { key, value: JSON.stringify(body) };
}
