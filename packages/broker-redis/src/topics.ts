/** Names of the Redis pub/sub channels; called topics here, to keep them apart from our channels. */
export class Topics {
  readonly #prefix: string;
  /** Where this broker sends messages to itself. */
  readonly probe: string;

  constructor(prefix: string, brokerId: string) {
    this.#prefix = `${prefix}n:`;
    this.probe = `${prefix}probe:${brokerId}`;
  }

  /** The topic that carries a channel's envelopes. */
  of(channel: string): string {
    return this.#prefix + channel;
  }
}
