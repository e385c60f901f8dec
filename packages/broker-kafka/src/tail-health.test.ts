import { NotifyError } from '@realtime-notify/core';
import { beforeEach, describe, expect, test } from 'vitest';
import { TailHealth } from './tail-health.js';

const refused = new NotifyError('BROKER_UNAVAILABLE', 'refused', {
  cause: Object.assign(new Error('refused'), { name: 'KafkaJSConnectionError' }),
});
const notLeader = new NotifyError('BROKER_UNAVAILABLE', 'not the leader');
const missing = new NotifyError('BROKER_CONFIGURATION', 'no topic');

describe('TailHealth', () => {
  let told: string[];
  let health: TailHealth;

  beforeEach(() => {
    told = [];
    health = new TailHealth({
      onState: ({ state }) => told.push(state),
      onResync: (reason) => told.push(`resync: ${reason}`),
    });
  });

  test('up at the start, without resync', () => {
    health.placed();
    expect(told).toEqual(['up']);
  });

  test('unreachable at the start: down at the second attempt, once; then resync and up', () => {
    for (let i = 0; i < 5; i += 1) health.failed(refused);
    health.placed();
    expect(told).toEqual(['down', 'resync: the link was down', 'up']);
  });

  test('a wrong configuration at the start shows at once', () => {
    health.failed(missing);
    expect(told).toEqual(['down']);
  });

  test('a Kafka topic made a moment ago is given some attempts', () => {
    for (let i = 0; i < 5; i += 1) health.failed(notLeader);
    health.placed();
    expect(told).toEqual(['up']);
  });

  test('a leader that moved and is found at once is not worth a word', () => {
    health.placed();
    health.stale(0, notLeader);
    health.placed();
    health.prove(0);
    expect(told).toEqual(['up']);
    expect(health.attempt).toBe(0);
  });

  test('a link that broke and came back at once: resync, but never down', () => {
    health.placed();
    health.stale(0, refused);
    health.mustResync('broken');
    expect([health.error, health.lastError]).toEqual([undefined, refused]);
    health.placed();
    health.prove(0);
    expect(told).toEqual(['up', 'resync: broken']);
  });

  test('a partition that stays unread: down, and up when the last one is read', () => {
    health.placed();
    for (let i = 0; i < 3; i += 1) {
      health.stale(0, refused);
      health.stale(1, refused);
      health.placed();
    }
    health.prove(0);
    expect(told).toEqual(['up', 'down']);
    expect(health.error).toBe(refused);
    health.prove(1);
    expect(told).toEqual(['up', 'down', 'resync: the link was down', 'up']);
    expect(health.error).toBeUndefined();
  });
});
