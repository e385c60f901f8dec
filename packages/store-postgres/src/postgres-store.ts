import {
  type AppendOutcome,
  type ChannelState,
  type Draft,
  type LogPage,
  NotifyError,
  newEpoch,
  type Position,
  type ReadRequest,
  resolveOptions,
  retentionOf,
  type Store,
} from '@realtime-notify/core';
import { CleanUp } from './clean-up.js';
import { draftFields } from './draft-json.js';
import { PostgresDueWork } from './due-work.js';
import { PostgresOutbox } from './outbox.js';
import { PoolLink } from './pool-link.js';
import { byPlace, outcomeFrom, pageFrom, positionFrom, type Row, stateFrom } from './rows.js';
import { migrate } from './schema/migrate.js';
import {
  type PostgresStoreOptions,
  type ResolvedStoreOptions,
  storeOptionsSchema,
} from './store-options.js';

/**
 * A Store in PostgreSQL 13 or later, shared by all nodes that use the same database and `schema`.
 * Promises S1 to S16; as durable as that server is configured (`synchronous_commit` as it has it). Pass the
 * address of the primary: what is read must be what was written.
 *
 * While PostgreSQL is away calls reject, or outcomes fail, with `STORE_UNAVAILABLE` within `commandTimeoutMs`; every
 * call tries again to connect. An append that got no answer may have been done: try again with an idempotency
 * key, and it is there once. `start` makes or changes the tables unless `migrate: false`. It rejects with
 * `STORE_UNAVAILABLE` when PostgreSQL is not reached within `startTimeoutMs`, or at once where it refuses the
 * credentials, a right is missing, a certificate is not accepted or a newer release has changed the tables; it may be
 * called again.
 * @throws NotifyError `OPTIONS_INVALID`
 */
export function postgresStore(options: PostgresStoreOptions): Store {
  return new PostgresStore(resolveOptions(storeOptionsSchema, options, 'postgresStore'));
}

class PostgresStore implements Store {
  readonly shared = true;
  readonly #options: ResolvedStoreOptions;
  readonly #link: PoolLink;
  readonly #cleanUp: CleanUp;
  readonly outbox: PostgresOutbox;
  readonly dueWork: PostgresDueWork;

  constructor(options: ResolvedStoreOptions) {
    this.#options = options;
    this.#link = new PoolLink(options);
    this.#cleanUp = new CleanUp(this.#link, options.schema);
    this.outbox = new PostgresOutbox(this.#link, options);
    this.dueWork = new PostgresDueWork(this.#link, options.schema);
  }

  async start(): Promise<void> {
    const { schema, migrate: isAllowed } = this.#options;
    await this.#link.open((client) => migrate(client, schema, isAllowed));
    this.outbox.start();
  }

  async append(drafts: readonly Draft[]): Promise<readonly AppendOutcome[]> {
    if (drafts.length === 0) return [];
    const { schema } = this.#options;
    try {
      const rows = await this.#query(`SELECT * FROM ${schema}.append($1)`, [
        JSON.stringify(drafts.map((draft) => draftFields(draft, this.#options))),
      ]);
      const placed = byPlace(rows);
      this.#cleanUp.nowAndThen();
      return drafts.map((draft, i) => outcomeFrom(placed.get(i + 1)?.[0], draft));
    } catch (error) {
      // Every draft has an outcome of its own; only a store that is closed or not started rejects.
      if (!NotifyError.is(error) || error.code !== 'STORE_UNAVAILABLE') throw error;
      return drafts.map(() => ({ status: 'failed', error }));
    }
  }

  async readAfter(requests: readonly ReadRequest[]): Promise<readonly LogPage[]> {
    if (requests.length === 0) return [];
    const { schema, retention } = this.#options;
    const asked = requests.map(({ channel, after, limit, maxBytes = 0 }, place) => {
      const max_age_ms = retentionOf(channel, retention).maxAgeMs || 0;
      return { place, channel, after, most: limit, max_bytes: maxBytes, max_age_ms };
    });
    const rows = await this.#query(`SELECT * FROM ${schema}.read_after($1)`, [
      JSON.stringify(asked),
    ]);
    const placed = byPlace(rows);
    return requests.map(({ channel }, place) => pageFrom(placed.get(place), channel));
  }

  async positions(channels: readonly string[]): Promise<readonly Position[]> {
    const heads = await this.#heads(channels, 'epoch, head, tag');
    return heads.map(positionFrom);
  }

  async states(channels: readonly string[]): Promise<readonly ChannelState[]> {
    const { schema } = this.#options;
    const state = `(SELECT state FROM ${schema}.states WHERE head_id = h.id) AS state`;
    const heads = await this.#heads(channels, `epoch, head, tag, ${state}`);
    return heads.map(stateFrom);
  }

  async renewEpoch(channel: string, expectedEpoch: string): Promise<Position> {
    const [row] = await this.#query(
      `UPDATE ${this.#options.schema}.heads SET epoch = $3
       WHERE channel = $1 AND epoch = $2 AND head > 0 RETURNING epoch, head, tag`,
      [channel, expectedEpoch, newEpoch()],
    );
    if (row !== undefined) return positionFrom(row);
    // Another look: what this one saw was before whoever renewed it meanwhile.
    const [position] = await this.positions([channel]);
    return position ?? positionFrom(undefined);
  }

  drain(): Promise<void> {
    return this.#link.drain();
  }

  close(): Promise<void> {
    return this.#link.close();
  }

  /** The rows of the channels, undefined where there is no log. */
  async #heads(
    channels: readonly string[],
    columns: string,
  ): Promise<readonly (Row | undefined)[]> {
    if (channels.length === 0) return [];
    const rows = await this.#query(
      `SELECT p.place, ${columns} FROM unnest($1::text[]) WITH ORDINALITY AS p(channel, place)
       JOIN ${this.#options.schema}.heads h ON h.channel = p.channel AND h.head > 0`,
      [channels],
    );
    const placed = byPlace(rows);
    return channels.map((_, i) => placed.get(i + 1)?.[0]);
  }

  #query(text: string, values: unknown[]): Promise<readonly Row[]> {
    return this.#link.run(async (client) => (await client.query(text, values)).rows);
  }
}
