import { type Envelope, NotifyError } from '@realtime-notify/core';
import { memoryBrokerContract, WrappedBroker } from './wrapped-broker.js';

/** Refuses calls after close, but stays on the bus. */
class DeliversAfterClose extends WrappedBroker {
  #closed = false;

  override async publish(envelopes: readonly Envelope[]): Promise<void> {
    this.#mustBeOpen();
    await super.publish(envelopes);
  }

  override async subscribe(channels: readonly string[]): Promise<void> {
    this.#mustBeOpen();
    await super.subscribe(channels);
  }

  override async unsubscribe(channels: readonly string[]): Promise<void> {
    this.#mustBeOpen();
    await super.unsubscribe(channels);
  }

  override async probe(): Promise<void> {
    this.#mustBeOpen();
    await super.probe();
  }

  override async close(): Promise<void> {
    this.#closed = true;
  }

  #mustBeOpen(): void {
    if (this.#closed) throw new NotifyError('CLOSED', 'closed, or so it says');
  }
}

memoryBrokerContract(DeliversAfterClose);
