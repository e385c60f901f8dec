import type { BrokerSink, BrokerState, Envelope } from '@realtime-notify/core';

/** A resync that a broker reported. */
export interface RecordedResync {
  readonly reason: string;
  readonly channels: readonly string[] | undefined;
}

/** A sink that keeps what it is given, for tests. */
export class RecordingSink implements BrokerSink {
  readonly batches: (readonly Envelope[])[] = [];
  readonly resyncs: RecordedResync[] = [];
  readonly states: BrokerState[] = [];
  /** Names of the calls in the order they came, without `receive`. */
  readonly calls: string[] = [];

  receive(envelopes: readonly Envelope[]): void {
    this.batches.push(envelopes);
  }

  resync(reason: string, channels?: readonly string[]): void {
    this.resyncs.push({ reason, channels });
    this.calls.push('resync');
  }

  status(state: BrokerState): void {
    this.states.push(state);
    this.calls.push(state.state);
  }

  /** What came for one channel, in order, repeats included. */
  of(channel: string): Envelope[] {
    return this.batches.flat().filter((envelope) => envelope.channel === channel);
  }

  /** The ids that came for one channel, in the order of their first coming. */
  idsOf(channel: string): string[] {
    return [...new Set(this.of(channel).map(({ id }) => id))];
  }
}
