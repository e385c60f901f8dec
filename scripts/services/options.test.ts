import { describe, expect, test } from 'vitest';
import { parseCommand, UsageError } from './options.js';

describe('parseCommand', () => {
  test('up means Redis and a single current Kafka', () => {
    const command = parseCommand(['up']);
    expect(command.services).toEqual(['redis', 'kafka']);
    expect(command.kafka).toMatchObject({ brokers: 1, explicit: false });
    expect(command.kafka.version).toMatch(/^4\.\d+\.\d+$/);
  });

  test('down, status and env mean all', () => {
    for (const verb of ['down', 'status', 'env']) {
      expect(parseCommand([verb]).services).toEqual([
        'redis',
        'redis-cluster',
        'kafka',
        'mongo',
        'postgres',
        'chromium',
      ]);
    }
  });

  test('takes services, version and brokers', () => {
    const command = parseCommand(['up', 'kafka', '--kafka-version', '3.9', '--kafka-brokers=3']);
    expect(command.services).toEqual(['kafka']);
    expect(command.kafka).toMatchObject({ brokers: 3, explicit: true });
    expect(command.kafka.version).toMatch(/^3\.9\.\d+$/);
    expect(parseCommand(['up', '--kafka-version', '4.1.1']).kafka.version).toBe('4.1.1');
  });

  test.each([
    [[]],
    [['start']],
    [['up', 'oracle']],
    [['up', '--kafka-brokers', '2']],
    [['up', '--kafka-version', 'latest']],
    [['up', '--fast']],
  ])('refuses %j', (argv) => {
    expect(() => parseCommand(argv)).toThrow(UsageError);
  });
});
