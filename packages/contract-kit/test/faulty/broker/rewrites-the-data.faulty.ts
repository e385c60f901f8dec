import type { Envelope } from '@realtime-notify/core';
import { memoryBrokerContract, WrappedBroker } from './wrapped-broker.js';

/** The same JSON value, but not the same text. */
class RewritesTheData extends WrappedBroker {
  override publish(envelopes: readonly Envelope[]): Promise<void> {
    const rewritten = envelopes.map((envelope) => ({
      ...envelope,
      dataJson: JSON.stringify(JSON.parse(envelope.dataJson)),
    }));
    return super.publish(rewritten);
  }
}

memoryBrokerContract(RewritesTheData);
