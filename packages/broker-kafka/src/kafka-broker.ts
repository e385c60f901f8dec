import {
  type Broker,
  type BrokerCapabilities,
  type BrokerSink,
  type BrokerStartOptions,
  type DirectedEnvelope,
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
import { Lane, type LanePlan, type LaneReport } from './lane.js';

/**
 * A Broker over Kafka topics (Kafka 2.3 or later, seen on 3.9 and 4.4) with fan-out routing: every node
 * reads every record of one or two of them. With `routing: 'directed'` what is for certain nodes goes to
 * them alone, on one more. Promises B1 to B10.
 *
 * Each node reads from the end; nothing of it stays in Kafka when it is closed. The channel is the
 * key of a record, so a channel's envelopes keep their order while the number of partitions stays.
 * When the leader of a partition changes, reading goes on where it was.
 *
 * `start` rejects with `BROKER_CONFIGURATION` where a Kafka topic is missing and may not be created, or
 * Kafka refuses credentials or rights; the broker is closed then. With `routing: 'directed'` a node that
 * receives needs a `nodeId` at `start`, else that is `OPTIONS_INVALID`.
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
  readonly capabilities: BrokerCapabilities;
  readonly publishTo?: (directed: readonly DirectedEnvelope[]) => Promise<void>;
  readonly #options: ResolvedBrokerOptions;
  readonly #underWay = new Set<Promise<unknown>>();
  /** The first that carries a channel takes it; the last carries all. */
  #routes: readonly Route[] = [];
  /** Of what is for certain nodes. */
  #direct: Lane | undefined;
  #publishOnly = false;
  #state: LinkState['state'] | undefined;
  #closed = false;

  constructor(options: ResolvedBrokerOptions) {
    this.#options = options;
    const directed = options.routing === 'directed';
    const capabilities = { remote: true, routing: 'fanout' } as const;
    this.capabilities = Object.freeze(directed ? { ...capabilities, directed } : capabilities);
    if (directed) this.publishTo = (envelopes) => this.#publishTo(envelopes);
  }

  async start(sink: BrokerSink, startOptions: BrokerStartOptions = {}): Promise<void> {
    if (this.#closed) throw closedError();
    if (this.#routes.length > 0) return;
    this.#publishOnly = startOptions.publishOnly ?? false;
    const reads = this.#readsDirect(startOptions);
    this.#routes = this.#open(sink);
    if (reads !== undefined) this.#direct = this.#openDirect(reads, sink);
    await Promise.all(this.#lanes.map((lane) => lane.known));
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
    await this.#settle([...loads].map(([lane, load]) => lane.publish(load)));
  }

  /** Nothing to ask Kafka for: everything is read anyhow, from before `start` resolved. */
  async subscribe(_channels: readonly string[]): Promise<void> {
    this.#started();
    if (this.#publishOnly) {
      throw new NotifyError('PUBLISH_ONLY', 'this node only publishes: it cannot follow channels');
    }
    for (const lane of this.#lanes) lane.mustBeUp();
  }

  async unsubscribe(_channels: readonly string[]): Promise<void> {
    this.#started();
  }

  async probe(): Promise<void> {
    this.#started();
    await Promise.all(this.#lanes.map((lane) => lane.probe()));
  }

  async drain(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#lanes.map((lane) => lane.close()));
  }

  get #lanes(): readonly Lane[] {
    const lanes = this.#routes.map(({ lane }) => lane);
    return this.#direct === undefined ? lanes : [...lanes, this.#direct];
  }

  async #publishTo(directed: readonly DirectedEnvelope[]): Promise<void> {
    this.#started();
    // This node reads one partition of many: of leaders that died the other lanes know more.
    const allUp = (): boolean => this.#state === 'up';
    await this.#settle(this.#direct === undefined ? [] : [this.#direct.publishTo(directed, allUp)]);
  }

  /** Resolves when all have, rejects when one did; never before all have settled. */
  async #settle(publishing: readonly Promise<void>[]): Promise<void> {
    const settled = Promise.allSettled(publishing);
    this.#underWay.add(settled);
    await settled;
    this.#underWay.delete(settled);
    await Promise.all(publishing);
  }

  /** What this node reads of the direct topic; undefined where there is none. */
  #readsDirect({ nodeId }: BrokerStartOptions): LanePlan['reads'] | undefined {
    if (this.#options.routing === 'fanout') return undefined;
    if (this.#publishOnly) return 'nothing';
    if (nodeId !== undefined) return { forNode: nodeId };
    throw new NotifyError(
      'OPTIONS_INVALID',
      'kafkaBroker: directed routing needs start({ nodeId })',
    );
  }

  #openDirect(reads: LanePlan['reads'], sink: BrokerSink): Lane {
    const { createTopic, directTopic } = this.#options;
    const { topic, partitions } = directTopic;
    const create = createTopic && { ...createTopic, partitions };
    return new Lane({ topic, create, reads }, this.#options, this.#report(sink));
  }

  #report(sink: BrokerSink): LaneReport {
    return {
      receive: (envelopes) => sink.receive(envelopes),
      resync: (reason) => sink.resync(reason),
      onState: () => this.#changed(sink),
    };
  }

  #open(sink: BrokerSink): readonly Route[] {
    const { topic: mainTopic, createTopic, bulkTopic } = this.#options;
    const reads = this.#publishOnly ? 'nothing' : 'everything';
    const open = (topic: string, create = createTopic) =>
      new Lane({ topic, create, reads }, this.#options, this.#report(sink));
    const rest: Route = { lane: open(mainTopic), carries: () => true };
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
    const allUp = this.#lanes.every(({ link }) => link?.state === 'up');
    const state = error !== undefined ? 'down' : allUp ? 'up' : undefined;
    if (state === undefined || state === this.#state) return;
    this.#state = state;
    sink.status(error === undefined ? { state: 'up' } : { state: 'down', error });
  }

  #down(matters: (error: NotifyError) => boolean): NotifyError | undefined {
    for (const { link } of this.#lanes) {
      if (link?.state === 'down' && matters(link.error)) return link.error;
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
