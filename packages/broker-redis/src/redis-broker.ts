import { randomUUID } from 'node:crypto';
import {
  type Broker,
  type BrokerSink,
  type BrokerStartOptions,
  type Envelope,
  NotifyError,
  resolveOptions,
} from '@realtime-notify/core';
import {
  brokerOptionsSchema,
  type RedisBrokerOptions,
  type ResolvedBrokerOptions,
} from './broker-options.js';
import { refusal, unavailable } from './driver-errors.js';
import { Inbox } from './inbox.js';
import { Interest } from './interest.js';
import { LinkKeeper } from './link-keeper.js';
import { LinkState } from './link-state.js';
import { Publisher } from './publisher.js';
import { RedisConnections } from './redis-connections.js';
import { SelfProbe } from './self-probe.js';
import { Topics } from './topics.js';

/**
 * A Broker over Redis pub/sub (6.2 or later) with interest routing: one Redis channel per channel,
 * subscribed while this node follows it. Promises B1 to B9.
 *
 * It holds two connections, to the master where Sentinels watch one; a node that only publishes holds
 * one. A link that looks alive but carries nothing is found by a message to itself, at the latest after
 * `probeEveryMs` + `probeTimeoutMs` (and an eighth of the former as jitter). After any interruption,
 * a failover included, everything is subscribed again, at most 500 channels a command, then `resync`
 * is called, then the state is `up`. Where Redis refuses a subscription, the state is `down` with the
 * reason, and it is tried again.
 *
 * `start` rejects with `BROKER_CONFIGURATION` where Redis or a Sentinel refuses credentials or rights,
 * or a certificate is not accepted; the broker is closed then. What is refused later makes the
 * state `down` until it is granted.
 * @throws NotifyError `OPTIONS_INVALID`
 */
export function redisBroker(options: RedisBrokerOptions): Broker {
  return new RedisBroker(resolveOptions(brokerOptionsSchema, options, 'redisBroker'));
}

/** What exists from `start` on. */
interface Running {
  readonly connections: RedisConnections;
  readonly interest: Interest;
  readonly keeper: LinkKeeper;
  readonly probe: SelfProbe;
  readonly publisher: Publisher;
  readonly state: LinkState;
  readonly publishOnly: boolean;
}

class RedisBroker implements Broker {
  readonly capabilities = Object.freeze({ remote: true, routing: 'interest' as const });
  readonly #options: ResolvedBrokerOptions;
  readonly #topics: Topics;
  #running: Running | undefined;
  #closed = false;

  constructor(options: ResolvedBrokerOptions) {
    this.#options = options;
    this.#topics = new Topics(options.channelPrefix, randomUUID());
  }

  async start(sink: BrokerSink, { publishOnly = false }: BrokerStartOptions = {}): Promise<void> {
    if (this.#closed) throw closedError();
    if (this.#running !== undefined) return;
    const running = this.#assemble(sink, publishOnly);
    this.#running = running;
    // Wanted like any other topic: subscribed first and again after every interruption.
    if (!publishOnly) running.interest.want([this.#topics.probe]).catch(() => undefined);
    running.connections.open();
    await running.state.known;
    if (this.#closed) throw closedError();
    const refused = running.state.error && refusal(running.state.error);
    if (refused === undefined) return;
    await this.close();
    throw refused;
  }

  async publish(envelopes: readonly Envelope[]): Promise<void> {
    await this.#started().publisher.publish(envelopes);
  }

  async subscribe(channels: readonly string[]): Promise<void> {
    const { interest, publishOnly } = this.#started();
    if (publishOnly) {
      throw new NotifyError('PUBLISH_ONLY', 'the Redis broker was started to publish only');
    }
    await interest.want(channels.map((channel) => this.#topics.of(channel)));
  }

  async unsubscribe(channels: readonly string[]): Promise<void> {
    await this.#started().interest.unwant(channels.map((channel) => this.#topics.of(channel)));
  }

  async probe(): Promise<void> {
    const { state, probe } = this.#started();
    if (!state.isUp) throw state.error ?? unavailable('the link to Redis is not up yet');
    await probe.roundTrip();
  }

  async drain(): Promise<void> {
    await this.#running?.publisher.drain();
  }

  async close(): Promise<void> {
    this.#closed = true;
    const running = this.#running;
    if (running === undefined) return;
    running.state.close();
    running.keeper.stop();
    running.probe.connectionLost();
    await running.connections.close();
  }

  #assemble(sink: BrokerSink, publishOnly: boolean): Running {
    const { source, logger, probeTimeoutMs, maxPendingBytes } = this.#options;
    const state = new LinkState(sink, logger, publishOnly);
    const inbox = new Inbox(this.#topics, logger, (envelopes) => {
      if (!this.#closed) sink.receive(envelopes);
    });
    const settings = { ...this.#options, publishOnly };
    const connections = new RedisConnections(source, settings, {
      ready: () => keeper.ready(),
      lost: (error, which) => {
        if (which === 'subscriber') interest.connectionLost();
        probe.connectionLost();
        keeper.lost(error);
      },
      message: (topic, text) => {
        if (topic === this.#topics.probe) probe.received(text);
        else inbox.message(topic, text);
      },
    });
    const interest = new Interest(connections);
    const sendProbe = async (token: string): Promise<void> => {
      await connections.publish([[this.#topics.probe, token]]);
      // Nobody is subscribed: Redis' answer is the round trip.
      if (publishOnly) probe.received(token);
    };
    const probe = new SelfProbe(sendProbe, probeTimeoutMs);
    const reconnect = () => connections.reconnect();
    const keeper = new LinkKeeper(this.#options, interest, probe, state, reconnect);
    const publisher = new Publisher(connections, this.#topics, maxPendingBytes);
    return { connections, interest, keeper, probe, publisher, state, publishOnly };
  }

  #started(): Running {
    if (this.#closed) throw closedError();
    if (this.#running === undefined) {
      throw new NotifyError('NOT_STARTED', 'the Redis broker is not started');
    }
    return this.#running;
  }
}

function closedError(): NotifyError {
  return new NotifyError('CLOSED', 'the Redis broker is closed');
}
