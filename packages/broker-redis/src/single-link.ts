import type { RedisSource } from '@realtime-notify/redis-connection';
import { Interest } from './interest.js';
import type { Link, LinkSettings, Receive } from './link.js';
import { LinkKeeper } from './link-keeper.js';
import type { LinkState } from './link-state.js';
import { type Message, RedisConnections } from './redis-connections.js';
import { SelfProbe } from './self-probe.js';

/** One Redis: a connection that publishes and one that is subscribed. */
export class SingleLink implements Link {
  readonly #connections: RedisConnections;
  readonly #interest: Interest;
  readonly #probe: SelfProbe;
  readonly #keeper: LinkKeeper;

  constructor(
    source: RedisSource,
    settings: LinkSettings,
    probeTopic: string,
    state: LinkState,
    receive: Receive,
  ) {
    const { publishOnly } = settings;
    this.#connections = new RedisConnections(source, settings, {
      ready: () => this.#keeper.ready(),
      lost: (error, which) => {
        if (which === 'subscriber') this.#interest.connectionLost();
        this.#probe.connectionLost();
        this.#keeper.lost(error);
      },
      message: (topic, text) => {
        if (topic === probeTopic) this.#probe.received(text);
        else receive(topic, text);
      },
      moved: () => {},
    });
    // The probe's topic is wanted like any other: subscribed first and again after every interruption.
    this.#interest = new Interest(this.#connections, publishOnly ? [] : [probeTopic]);
    this.#probe = new SelfProbe(async (token) => {
      await this.#connections.publish([[probeTopic, token]]);
      // Nobody is subscribed: Redis' answer is the round trip.
      if (publishOnly) this.#probe.received(token);
    }, settings.probeTimeoutMs);
    const reconnect = (): void => this.#connections.reconnect();
    const report = { up: () => state.up(), down: state.down.bind(state) };
    this.#keeper = new LinkKeeper(settings, this.#interest, this.#probe, report, reconnect);
  }

  open(): void {
    this.#connections.open();
  }

  publish(messages: readonly Message[]): Promise<void> {
    return this.#connections.publish(messages);
  }

  want(topics: readonly string[]): Promise<void> {
    return this.#interest.want(topics);
  }

  unwant(topics: readonly string[]): Promise<void> {
    return this.#interest.unwant(topics);
  }

  roundTrip(): Promise<void> {
    return this.#probe.roundTrip();
  }

  async close(): Promise<void> {
    this.#keeper.stop();
    this.#probe.connectionLost();
    await this.#connections.close();
  }
}
