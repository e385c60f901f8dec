import {
  NotifyError,
  type Outbox,
  type OutboxDraft,
  type Relayed,
  withinMs,
} from '@realtime-notify/core';
import { CommitListener } from './commit-listener.js';
import { draftFields } from './draft-json.js';
import { asError, codeOf, unavailable } from './driver-errors.js';
import type { PoolLink } from './pool-link.js';
import type { PostgresClient } from './postgres-client.js';
import { outcomeFrom, text } from './rows.js';
import { outboxChannel, shardOf } from './schema/outbox.js';
import type { ResolvedStoreOptions } from './store-options.js';

/**
 * What one relay takes at most. It fits into the buffers of a connection: the server never waits, locks in hand, for
 * a node that has stopped reading.
 */
const mostBytes = 262_144;

/** Keeps drafts in a table of the host's database; each `relay` is one transaction on the server. */
export class PostgresOutbox implements Outbox {
  readonly #link: PoolLink;
  readonly #options: ResolvedStoreOptions;
  readonly #listener: CommitListener;

  constructor(link: PoolLink, options: ResolvedStoreOptions) {
    this.#link = link;
    this.#options = options;
    this.#listener = new CommitListener(link, outboxChannel(options.schema), options);
  }

  /** Called once the link is open. */
  start(): void {
    this.#listener.start();
  }

  async put(session: unknown, drafts: readonly OutboxDraft[]): Promise<void> {
    this.#link.mustBeOpen();
    if (!isClient(session)) throw noSession('it must be a client of pg');
    if (isPool(session))
      throw noSession('it must be the client on which you said BEGIN, not a pool');
    if (drafts.length === 0) return;
    const rows = drafts.map((draft) => ({
      shard: shardOf(draft.channel),
      ...draftFields(draft, this.#options),
      // As text within the text, so that PostgreSQL takes it whatever its characters.
      idempotency_key: JSON.stringify(draft.idempotency?.key),
    }));
    const { commandTimeoutMs } = this.#options;
    // A client that is not connected keeps its queries for ever, and would keep `drain` waiting.
    const late = (): NotifyError =>
      unavailable(
        `no answer on the session within ${commandTimeoutMs} ms (is it connected?): roll back`,
      );
    await withinMs(this.#write(session, JSON.stringify(rows)), commandTimeoutMs, late);
  }

  async #write(session: PostgresClient, rows: string): Promise<void> {
    await this.#mustBeInTransaction(session);
    await session.query(`SELECT ${this.#options.schema}.put($1)`, [rows]);
  }

  /** PostgreSQL refuses this statement outside of a transaction; the lock is the one that a put takes anyway. */
  async #mustBeInTransaction(session: PostgresClient): Promise<void> {
    try {
      await session.query(`LOCK TABLE ${this.#options.schema}.outbox IN ROW EXCLUSIVE MODE`);
    } catch (error) {
      if (codeOf(asError(error)) !== '25P01') throw error;
      throw noSession('it has no transaction open: BEGIN first', error);
    }
  }

  async relay(maxDrafts: number): Promise<Relayed> {
    const { rows } = await this.#link.run((client) =>
      client.query(`SELECT * FROM ${this.#options.schema}.relay($1, $2)`, [maxDrafts, mostBytes]),
    );
    const drafts = rows.map(({ draft }) => draftFrom(draft));
    const outcomes = drafts.map((draft, i) => outcomeFrom(rows[i], draft));
    return { drafts, outcomes, more: rows[0]?.more === true };
  }

  watch(due: () => void): () => void {
    return this.#listener.watch(due);
  }
}

function isClient(session: unknown): session is PostgresClient {
  return typeof Object(session).query === 'function';
}

function isPool(session: object): boolean {
  return 'idleCount' in session;
}

function noSession(why: string, cause?: unknown): NotifyError {
  return new NotifyError('OPTIONS_INVALID', `session: ${why}`, { cause });
}

/** The draft that a row of the outbox was made of. */
function draftFrom(json: unknown): OutboxDraft {
  const fields: Readonly<Record<string, unknown>> = Object(JSON.parse(text(json)));
  const { time, traceparent, idempotency_key: key, digest } = fields;
  if (typeof time !== 'number') throw unavailable('a row of the outbox is not one of ours');
  return {
    channel: text(fields.channel),
    id: text(fields.id),
    type: text(fields.type),
    time,
    dataJson: text(fields.data),
    ...(traceparent === undefined ? {} : { traceparent: text(traceparent) }),
    ...(key === undefined
      ? {}
      : { idempotency: { key: text(JSON.parse(text(key))), digest: text(digest) } }),
  };
}
