import { NotifyError } from '@realtime-notify/core';
import { expect, test } from 'vitest';
import { isLinkFailure, kafkaFailure } from './kafka-errors.js';

const failure = (name: string, type?: string, cause?: Error) =>
  Object.assign(new Error(`${name} said so`), { name, type, cause });

test.each([
  ['KafkaJSConnectionError', undefined, 'BROKER_UNAVAILABLE'],
  ['KafkaJSProtocolError', 'NOT_LEADER_FOR_PARTITION', 'BROKER_UNAVAILABLE'],
  ['KafkaJSProtocolError', 'TOPIC_AUTHORIZATION_FAILED', 'BROKER_CONFIGURATION'],
  ['KafkaJSProtocolError', 'INVALID_REPLICATION_FACTOR', 'BROKER_CONFIGURATION'],
  ['KafkaJSSASLAuthenticationError', undefined, 'BROKER_CONFIGURATION'],
])('%s %s becomes %s, however it is wrapped', (name, type, code) => {
  const inner = failure(name, type);
  const outer = failure('KafkaJSNumberOfRetriesExceeded', undefined, inner);
  for (const error of [inner, outer]) {
    expect(kafkaFailure('doing', error)).toMatchObject({
      code,
      cause: error,
      message: `Kafka: doing: ${name} said so`,
    });
  }
});

test('an error of ours stays as it is', () => {
  const own = new NotifyError('CLOSED', 'closed');
  expect(kafkaFailure('doing', own)).toBe(own);
});

test('no answer is told from an answer that is an error', () => {
  expect(isLinkFailure(failure('KafkaJSRequestTimeoutError'))).toBe(true);
  expect(isLinkFailure(kafkaFailure('x', failure('KafkaJSConnectionClosedError')))).toBe(true);
  expect(isLinkFailure(failure('KafkaJSProtocolError', 'LEADER_NOT_AVAILABLE'))).toBe(false);
});
