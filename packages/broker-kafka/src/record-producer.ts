import type { ClusterLinks, TopicLayout } from './cluster-links.js';
import { backoffMs, pause, withDeadline } from './deadline.js';
import type { Acks, ProduceOptions } from './kafka-client.js';
import { kafkaFailure, partitionError } from './kafka-errors.js';
import type { ProducedRecord } from './kafka-record.js';
import type { KafkaDriver } from './kafkajs-driver.js';

export interface ProducerOptions {
  readonly timeoutMs: number;
  /** Largest request, not counting a single record that is larger. Kafka's default limit is 1 MiB. */
  readonly maxRequestBytes: number;
  readonly gzip: boolean;
  readonly acks: Acks;
  /** How often new partitions are looked for. */
  readonly layoutMaxAgeMs: number;
}

type ProducerDriver = Pick<KafkaDriver, 'partitionOf' | 'protocolError'>;
type ProducerLinks = Pick<ClusterLinks, 'layout' | 'node' | 'drop'>;

const impatientMs = 1_000;

/**
 * Produces, and waits for Kafka's acknowledgement. What failed for a reason that passes is sent again until
 * the time is up, each partition as a whole, so that its order holds.
 */
export class RecordProducer {
  readonly #driver: ProducerDriver;
  readonly #links: ProducerLinks;
  readonly #options: ProducerOptions;
  readonly #signal: AbortSignal;
  readonly #layouts = new Map<string, { readonly layout: TopicLayout; readonly askedAt: number }>();

  constructor(
    driver: ProducerDriver,
    links: ProducerLinks,
    options: ProducerOptions,
    signal: AbortSignal,
  ) {
    this.#driver = driver;
    this.#links = links;
    this.#options = options;
    this.#signal = signal;
  }

  async produce(
    topic: string,
    records: readonly ProducedRecord[],
    options: ProduceOptions,
  ): Promise<void> {
    const { timeoutMs, maxRequestBytes } = this.#options;
    const limitMs = options.patient ? timeoutMs : Math.min(timeoutMs, impatientMs);
    const deadline = performance.now() + limitMs;
    for (const chunk of chunks(records, maxRequestBytes)) {
      await this.#produceChunk(topic, chunk, deadline, options);
    }
  }

  async #produceChunk(
    topic: string,
    records: readonly ProducedRecord[],
    deadline: number,
    options: ProduceOptions,
  ): Promise<void> {
    let pending = records;
    for (let attempt = 0; ; attempt += 1) {
      let failure: unknown;
      try {
        const layout = await this.#layoutOf(topic, deadline);
        const outcome = await this.#attempt(topic, pending, layout, deadline);
        if (outcome.pending.length === 0) return;
        pending = outcome.pending;
        failure = outcome.failure;
      } catch (error) {
        failure = error;
      }
      this.#layouts.delete(topic);
      const error = kafkaFailure(`producing to ${topic}`, failure);
      const waitMs = backoffMs(attempt, 50, 1_000);
      const late = performance.now() + waitMs > deadline;
      if (!error.retryable || !options.patient || late || this.#signal.aborted) throw error;
      await pause(waitMs, this.#signal);
    }
  }

  async #layoutOf(topic: string, deadline: number): Promise<TopicLayout> {
    const known = this.#layouts.get(topic);
    const askedAt = performance.now();
    if (known !== undefined && askedAt - known.askedAt < this.#options.layoutMaxAgeMs) {
      return known.layout;
    }
    const asking = this.#links.layout(topic);
    const layout = await withDeadline('asking for the leaders', restOf(deadline), asking);
    if (layout === undefined) throw new Error(`the Kafka topic ${topic} does not exist`);
    this.#layouts.set(topic, { layout, askedAt });
    return layout;
  }

  /** One request to each leader concerned; tells what has to be sent again. */
  async #attempt(
    topic: string,
    records: readonly ProducedRecord[],
    { leaders }: TopicLayout,
    deadline: number,
  ): Promise<{ pending: readonly ProducedRecord[]; failure: unknown }> {
    const byLeader = new Map<number, Map<number, ProducedRecord[]>>();
    for (const record of records) {
      const partition = this.#driver.partitionOf(record.routedBy ?? record.key, leaders.size);
      const leader = leaders.get(partition) ?? -1;
      const batches = entry(byLeader, leader, () => new Map<number, ProducedRecord[]>());
      entry(batches, partition, () => []).push(record);
    }
    const sends = [...byLeader].map(([leader, batches]) =>
      this.#send(topic, leader, batches, deadline),
    );
    const failed = (await Promise.all(sends)).flat();
    const again = new Set(failed.flatMap(({ batch }) => batch));
    const worst = failed.find(({ error }) => !kafkaFailure('', error).retryable) ?? failed[0];
    return { pending: records.filter((record) => again.has(record)), failure: worst?.error };
  }

  async #send(
    topic: string,
    leader: number,
    batches: ReadonlyMap<number, readonly ProducedRecord[]>,
    deadline: number,
  ): Promise<readonly { batch: readonly ProducedRecord[]; error: unknown }[]> {
    try {
      if (leader < 0) throw new Error('a partition has no leader');
      const node = await withDeadline('connecting', restOf(deadline), this.#links.node(leader));
      try {
        const timeoutMs = restOf(deadline);
        const { gzip, acks } = this.#options;
        const sending = node.produce(topic, batches, { timeoutMs, gzip, acks });
        const answers = await withDeadline('producing', timeoutMs, sending);
        return answers
          .filter(({ errorCode }) => errorCode !== partitionError.none)
          .map(({ partition, errorCode }) => ({
            batch: batches.get(partition) ?? [],
            error: this.#driver.protocolError(errorCode),
          }));
      } catch (error) {
        // An answer that comes later must not be taken for one to another request.
        await this.#links.drop(leader, node);
        throw error;
      }
    } catch (error) {
      return [...batches.values()].map((batch) => ({ batch, error }));
    }
  }
}

function restOf(deadline: number): number {
  return Math.max(1, Math.ceil(deadline - performance.now()));
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

/** Cuts a list so that each part is at most `maxBytes` large, or one record. */
export function chunks(
  records: readonly ProducedRecord[],
  maxBytes: number,
): readonly (readonly ProducedRecord[])[] {
  const parts: ProducedRecord[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const record of records) {
    const size = sizeOf(record);
    if (bytes + size > maxBytes) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)?.push(record);
    bytes += size;
  }
  return parts;
}

function sizeOf({ key, value, headers }: ProducedRecord): number {
  let size = 50 + Buffer.byteLength(key ?? '') + Buffer.byteLength(value ?? '');
  for (const [name, text] of Object.entries(headers)) size += 10 + name.length + text.length;
  return size;
}
