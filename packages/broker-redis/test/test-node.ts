import { eventually, RecordingSink, sampleEnvelope } from '@realtime-notify/contract-kit';
import type { Broker, BrokerStartOptions } from '@realtime-notify/core';
import { expect, onTestFinished } from 'vitest';
import { type RedisBrokerOptions, redisBroker } from '../src/index.js';

/** Makes outages short, yet bears a machine that is busy with other things for a second. */
export const quick = {
  commandTimeoutMs: 1_000,
  probeEveryMs: 100,
  probeTimeoutMs: 1_000,
  maxReconnectDelayMs: 100,
};

export interface Node {
  readonly broker: Broker;
  readonly sink: RecordingSink;
  /** `up`, `down` and `resync` as they were called. */
  readonly calls: readonly string[];
}

/** A started broker, closed after the test. */
export function node(options: RedisBrokerOptions): Promise<Node> {
  return started(options);
}

/** The same, of a node that only publishes. */
export function publishOnlyNode(options: RedisBrokerOptions): Promise<Node> {
  return started(options, { publishOnly: true });
}

async function started(options: RedisBrokerOptions, how?: BrokerStartOptions): Promise<Node> {
  const broker = redisBroker({ ...quick, ...options });
  const sink = new RecordingSink();
  onTestFinished(() => broker.close());
  await broker.start(sink, how);
  return { broker, sink, calls: sink.calls };
}

/** Publishes to the channel until it arrives: the link works from one end to the other. */
export async function carries(from: Node, to: Node, channel: string): Promise<void> {
  await eventually(async () => {
    const envelope = sampleEnvelope(channel);
    await from.broker.publish([envelope]);
    await eventually(() => expect(to.sink.idsOf(channel)).toContain(envelope.id), 500);
  });
}
