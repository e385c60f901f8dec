import { randomUUID } from 'node:crypto';
import {
  type Broker,
  type BrokerCapabilities,
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
import { ClusterLink } from './cluster-link.js';
import { refusal, unavailable } from './driver-errors.js';
import { Inbox } from './inbox.js';
import type { Link, LinkSettings, Receive } from './link.js';
import { LinkState } from './link-state.js';
import { Publisher } from './publisher.js';
import { SingleLink } from './single-link.js';
import { ShardTopics, type TopicNames, Topics } from './topics.js';

/**
 * A Broker over Redis pub/sub (6.2 or later) with interest routing: one Redis channel per channel,
 * subscribed while this node follows it. With `routing: 'directed'` it also sends to nodes by their ids: each
 * has a Redis channel of its own, subscribed from `start` on. Promises B1 to B10.
 *
 * It holds two connections, to the master where Sentinels watch one; a node that only publishes holds
 * one. A link that looks alive but carries nothing is found by a message to itself, at the latest after
 * `probeEveryMs` + `probeTimeoutMs` (and an eighth of the former as jitter). After any interruption,
 * a failover included, everything is subscribed again, at most 500 channels a command, then `resync`
 * is called, then the state is `up`. Where Redis refuses a subscription, the state is `down` with the
 * reason, and it is tried again.
 *
 * On a Cluster (7.0 or later) envelopes travel by sharded pub/sub: channels are put into `partitions`, and
 * there are as many connections to each master, each probed. What goes to another master, by a failover or
 * because slots move, is subscribed there, then `resync` is called for its channels; the state is `down`
 * meanwhile, but what the other masters carry is carried.
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
  readonly link: Link;
  readonly topics: TopicNames;
  readonly publisher: Publisher;
  readonly state: LinkState;
  readonly publishOnly: boolean;
}

type MakeLink = (settings: LinkSettings, state: LinkState, receive: Receive) => Link;

class RedisBroker implements Broker {
  readonly capabilities: BrokerCapabilities;
  readonly publishTo?: NonNullable<Broker['publishTo']>;
  readonly #options: ResolvedBrokerOptions;
  readonly #brokerId = randomUUID();
  #running: Running | undefined;
  #closed = false;

  constructor(options: ResolvedBrokerOptions) {
    this.#options = options;
    const capabilities = { remote: true, routing: 'interest' } as const;
    if (options.routing === 'directed') {
      this.capabilities = Object.freeze({ ...capabilities, directed: true });
      this.publishTo = async (directed) => this.#started().publisher.publishTo(directed);
    } else this.capabilities = Object.freeze(capabilities);
  }

  async start(
    sink: BrokerSink,
    { publishOnly = false, nodeId }: BrokerStartOptions = {},
  ): Promise<void> {
    if (this.#closed) throw closedError();
    if (this.#running !== undefined) return;
    const running = this.#assemble(sink, publishOnly, nodeId);
    this.#running = running;
    running.link.open();
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
    const { link, topics, publishOnly } = this.#started();
    if (publishOnly) {
      throw new NotifyError('PUBLISH_ONLY', 'the Redis broker was started to publish only');
    }
    await link.want(channels.map((channel) => topics.of(channel)));
  }

  async unsubscribe(channels: readonly string[]): Promise<void> {
    const { link, topics } = this.#started();
    await link.unwant(channels.map((channel) => topics.of(channel)));
  }

  async probe(): Promise<void> {
    const { state, link } = this.#started();
    if (!state.isUp) throw state.error ?? unavailable('the link to Redis is not up yet');
    await link.roundTrip();
  }

  async drain(): Promise<void> {
    await this.#running?.publisher.drain();
  }

  async close(): Promise<void> {
    this.#closed = true;
    const running = this.#running;
    if (running === undefined) return;
    running.state.close();
    await running.link.close();
  }

  #assemble(sink: BrokerSink, publishOnly: boolean, nodeId: string | undefined): Running {
    const { logger, maxPendingBytes } = this.#options;
    const state = new LinkState(sink, logger, publishOnly);
    const { topics, linkTo } = this.#form();
    const own =
      this.publishTo === undefined || publishOnly ? undefined : topics.ofNode(nodeOf(nodeId));
    const inbox = new Inbox(topics, own, logger, (envelopes) => {
      if (!this.#closed) sink.receive(envelopes);
    });
    const link = linkTo({ ...this.#options, publishOnly }, state, inbox.message.bind(inbox));
    // Wanted like any other topic: subscribed before the link is up, and again after every interruption.
    if (own !== undefined) link.want([own]).catch(() => undefined);
    const publisher = new Publisher(link, topics, maxPendingBytes);
    return { link, topics, publisher, state, publishOnly };
  }

  /** What differs between one Redis and a Cluster. */
  #form(): { readonly topics: TopicNames; readonly linkTo: MakeLink } {
    const { source, channelPrefix, partitions } = this.#options;
    if ('nodes' in source) {
      const topics = new ShardTopics(channelPrefix, this.#brokerId, partitions);
      const linkTo: MakeLink = (settings, state, receive) =>
        new ClusterLink(source, { ...settings, partitions }, topics, state, receive);
      return { topics, linkTo };
    }
    const topics = new Topics(channelPrefix, this.#brokerId);
    const linkTo: MakeLink = (settings, state, receive) =>
      new SingleLink(source, settings, topics.probe, state, receive);
    return { topics, linkTo };
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

function nodeOf(nodeId: string | undefined): string {
  if (nodeId !== undefined) return nodeId;
  throw new NotifyError('OPTIONS_INVALID', 'a directed broker is started with a `nodeId`');
}
