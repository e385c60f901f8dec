import {
  type AppendOutcome,
  NotifyError,
  type Outbox,
  type OutboxDraft,
  type Relayed,
  withinMs,
} from '@realtime-notify/core';
import type { ClientSession, Collection } from 'mongodb';
import { CommitStream } from './commit-stream.js';
import { isForeignSession, lacksTransactions, unavailable } from './driver-errors.js';
import { draftKey, type LogDraft, type OutboxDocument } from './outbox-drafts.js';
import type { ShardLeases } from './outbox-leases.js';
import { OutboxRelay } from './outbox-relay.js';
import type { NumberDocument } from './schema.js';

/** What {@link MongoOutbox} works with once the store is started. */
export interface OutboxParts {
  readonly drafts: Collection<OutboxDocument>;
  readonly numbers: Collection<NumberDocument>;
  readonly leases: ShardLeases;
  append(drafts: readonly LogDraft[]): Promise<readonly AppendOutcome[]>;
}

/** What {@link MongoOutbox} is made with. */
export interface OutboxContext {
  /** Runs a call of the store, or refuses to. */
  run<T>(call: (parts: OutboxParts) => Promise<T>): Promise<T>;
  /** Between two looks for a change stream that has failed. */
  readonly waitMs: number;
  /** How long a session of the host's is waited for. */
  readonly putMs: number;
  /** How long the server keeps a question for changes open. */
  readonly awaitMs: number;
}

/** Keeps drafts as documents that transactions of the host's put in, each with a number of its own. */
export class MongoOutbox implements Outbox {
  readonly #context: OutboxContext;
  readonly #stream: CommitStream;

  constructor(context: OutboxContext) {
    this.#context = context;
    const { run, waitMs, awaitMs } = context;
    this.#stream = new CommitStream({
      open: () => run(async ({ drafts }) => drafts.watch(firsts, { maxAwaitTimeMS: awaitMs })),
      waitMs,
    });
  }

  /** Called once the link is open. */
  start(): void {
    this.#stream.start();
  }

  async put(session: unknown, drafts: readonly OutboxDraft[]): Promise<void> {
    const { run, putMs } = this.#context;
    const { drafts: collection } = await run(async (parts) => parts);
    const transaction = openTransaction(session);
    if (drafts.length === 0) return;
    // Outside of the transaction, as a sequence is: transactions that are open side by side do not meet there.
    const last = await run(({ numbers }) => lastOf(numbers, drafts.length));
    const documents = outboxDocuments(drafts, last - drafts.length + 1);
    try {
      const late = () => unavailable(`no answer on the session within ${putMs} ms: roll back`);
      await withinMs(collection.insertMany(documents, { session: transaction }), putMs, late);
    } catch (error) {
      if (isForeignSession(error))
        throw noSession('it must be of the `client` of mongoStore', error);
      if (!lacksTransactions(error)) throw error;
      const message = 'the server has no transactions: MongoDB has them on a replica set';
      throw new NotifyError('TRANSACTIONS_UNSUPPORTED', message, { cause: error });
    }
  }

  relay(maxDrafts: number): Promise<Relayed> {
    return this.#context.run((parts) => new OutboxRelay(parts).relay(maxDrafts));
  }

  watch(due: () => void): () => void {
    return this.#stream.watch(due);
  }

  close(): void {
    this.#stream.close();
  }
}

/** One change per put, without what was put. */
const firsts = [
  { $match: { operationType: 'insert', 'fullDocument.first': true } },
  { $project: { _id: 1 } },
];

/** Drafts numbered from `number` on. */
export function outboxDocuments(
  drafts: readonly OutboxDraft[],
  number: number,
): readonly OutboxDocument[] {
  return drafts.map((draft, i) => ({
    _id: draftKey(draft.channel, number + i),
    number: number + i,
    ...(i === 0 ? { first: true } : {}),
    draft,
  }));
}

/** Takes so many numbers; the last of them. */
export async function lastOf(numbers: Collection<NumberDocument>, count: number): Promise<number> {
  const document = await numbers.findOneAndUpdate(
    { _id: 'drafts' },
    { $inc: { last: count } },
    { returnDocument: 'after' },
  );
  if (document === null) throw unavailable('the collection outbox_numbers is empty');
  return document.last;
}

function openTransaction(session: unknown): ClientSession {
  if (!isSession(session)) throw noSession('it must be a ClientSession of mongodb');
  if (!session.inTransaction()) throw noSession('it has no transaction open');
  return session;
}

function isSession(session: unknown): session is ClientSession {
  return typeof Object(session).inTransaction === 'function';
}

function noSession(why: string, cause?: unknown): NotifyError {
  return new NotifyError('OPTIONS_INVALID', `session: ${why}`, { cause });
}
