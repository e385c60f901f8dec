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
  type KafkaBrokerOptions,
  type ResolvedBrokerOptions,
} from './broker-options.js';
import type { LinkState } from './kafka-client.js';
import { Lane } from './lane.js';

/**
 * A Broker over one or two Kafka topics (Kafka 2.3 or later, seen on 3.9 and 4.4) with fan-out routing:
 * every node reads every record. Promises B1 to B9.
 *
 * Each node reads from the end; nothing of it stays in Kafka when it is closed. The channel is the
 * key of a record, so a channel's envelopes keep their order while the number of partitions stays.
 * When the leader of a partition changes, reading goes on where it was.
 *
 * `start` rejects with `BROKER_CONFIGURATION` where a Kafka topic is missing and may not be created, or
 * Kafka refuses credentials or rights; the broker is closed then.
 * @throws NotifyError `OPTIONS_INVALID`
 */
export function kafkaBroker(options: KafkaBrokerOptions): Broker {
  return new KafkaBroker(resolveOptions(brokerOptionsSchema, options, 'kafkaBroker'));
}

/** A lane and the channels that travel on it. */
interface Route {
  readonly lane: Lane;
  carries(channel: string): boolean;
}

class KafkaBroker implements Broker {
  readonly capabilities = Object.freeze({ remote: true, routing: 'fanout' as const });
  readonly #options: ResolvedBrokerOptions;
  readonly #underWay = new Set<Promise<unknown>>();
  /** The first that carries a channel takes it; the last carries all. */
  #routes: readonly Route[] = [];
  #publishOnly = false;
  #state: LinkState['state'] | undefined;
  #closed = false;

  constructor(options: ResolvedBrokerOptions) {
    this.#options = options;
  }

  async start(sink: BrokerSink, { publishOnly = false }: BrokerStartOptions = {}): Promise<void> {
    if (this.#closed) throw closedError();
    if (this.#routes.length > 0) return;
    this.#publishOnly = publishOnly;
    this.#routes = this.#open(sink);
    await Promise.all(this.#routes.map(({ lane }) => lane.known));
    if (this.#closed) throw closedError();
    const refused = this.#down((error) => !error.retryable);
    if (refused === undefined) return;
    this.#options.logger.error({ err: refused }, 'broker-kafka: cannot start');
    await this.close();
    throw refused;
  }

  async publish(envelopes: readonly Envelope[]): Promise<void> {
    const routes = this.#started();
    const loads = new Map<Lane, Envelope[]>();
    for (const envelope of envelopes) {
      const lane = routes.find(({ carries }) => carries(envelope.channel))?.lane;
      const load = lane === undefined ? undefined : loads.get(lane);
      if (load !== undefined) load.push(envelope);
      else if (lane !== undefined) loads.set(lane, [envelope]);
    }
    const publishing = [...loads].map(([lane, load]) => lane.publish(load));
    const settled = Promise.allSettled(publishing);
    this.#underWay.add(settled);
    await settled;
    this.#underWay.delete(settled);
    await Promise.all(publishing);
  }

  /** Nothing to ask Kafka for: everything is read anyhow, from before `start` resolved. */
  async subscribe(_channels: readonly string[]): Promise<void> {
    const routes = this.#started();
    if (this.#publishOnly) {
      throw new NotifyError('PUBLISH_ONLY', 'this node only publishes: it cannot follow channels');
    }
    for (const { lane } of routes) lane.mustBeUp();
  }

  async unsubscribe(_channels: readonly string[]): Promise<void> {
    this.#started();
  }

  async probe(): Promise<void> {
    await Promise.all(this.#started().map(({ lane }) => lane.probe()));
  }

  async drain(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#routes.map(({ lane }) => lane.close()));
  }

  #open(sink: BrokerSink): readonly Route[] {
    const { topic, createTopic, bulkTopic } = this.#options;
    const report = {
      receive: (envelopes: readonly Envelope[]) => sink.receive(envelopes),
      resync: (reason: string) => sink.resync(reason),
      onState: () => this.#changed(sink),
    };
    const open = (name: string, plan = createTopic) =>
      new Lane(name, plan, this.#options, this.#publishOnly, report);
    const rest: Route = { lane: open(topic), carries: () => true };
    if (bulkTopic === undefined) return [rest];
    const { channels } = bulkTopic;
    const carries =
      typeof channels === 'function'
        ? channels
        : (channel: string) => channels.some((start) => channel.startsWith(start));
    return [{ lane: open(bulkTopic.topic, bulkTopic.createTopic), carries }, rest];
  }

  /** The broker is up when all lanes are, and down when one is. */
  #changed(sink: BrokerSink): void {
    const error = this.#down(() => true);
    const allUp = this.#routes.every(({ lane }) => lane.link?.state === 'up');
    const state = error !== undefined ? 'down' : allUp ? 'up' : undefined;
    if (state === undefined || state === this.#state) return;
    this.#state = state;
    sink.status(error === undefined ? { state: 'up' } : { state: 'down', error });
  }

  #down(matters: (error: NotifyError) => boolean): NotifyError | undefined {
    for (const { lane } of this.#routes) {
      if (lane.link?.state === 'down' && matters(lane.link.error)) return lane.link.error;
    }
    return undefined;
  }

  #started(): readonly Route[] {
    if (this.#closed) throw closedError();
    if (this.#routes.length === 0) {
      throw new NotifyError('NOT_STARTED', 'the broker is not started');
    }
    return this.#routes;
  }
}

function closedError(): NotifyError {
  return new NotifyError('CLOSED', 'the Kafka broker is closed');
}
