import { createHash } from 'node:crypto';
import { type Draft, NotifyError, type OutboxDraft } from '@realtime-notify/core';
import type { Collection } from 'mongodb';
import { afterEntries, beforeEntries, type EntryDocument } from './documents.js';
import type { KnownHead } from './log-heads.js';

/** A draft that a transaction of the host's has put. Never changed; seen once that has committed. */
export interface OutboxDocument {
  /** {@link draftKey}: sorts within a shard by number. */
  readonly _id: string;
  /** Greater than that of every draft whose transaction had committed before this one was put. */
  readonly number: number;
  /** The first of its put: who watches is told of that one only. */
  readonly first?: true;
  readonly draft: OutboxDraft;
}

/** Where a draft stands in the outbox. */
export interface OutboxPlace {
  readonly number: number;
  /** The one that must be appended before it, among those that are relayed along with it. */
  readonly after?: number | undefined;
}

/** What is to be appended, by a relay or anyone. */
export interface LogDraft extends Draft {
  readonly outbox?: OutboxPlace;
}

/** What was seen after the heads of the logs were read. */
export interface OutboxLook {
  /** Numbers of those asked for that are still there. */
  readonly waiting: ReadonlySet<number>;
  /** By number, those of a log that were appended before, as far as they are kept. */
  readonly entries: ReadonlyMap<number, EntryDocument>;
}

/** The error of an outcome that nobody is told: the draft was appended before, and its entry is not kept. */
export const takenOut = new NotifyError('HEAD_MOVED', 'another relay has appended the draft');

/** Channels are spread over so many parts, each relayed by one node at a time. */
const shards = 16;
const separator = '\n';

/** Never another for the same channel while drafts wait: its order would be lost. */
function shardOf(channel: string): string {
  const shard = (createHash('sha256').update(channel).digest()[0] ?? 0) % shards;
  return String(shard).padStart(2, '0');
}

export function draftKey(channel: string, number: number): string {
  return `${shardOf(channel)}${separator}${String(number).padStart(16, '0')}`;
}

export function shardOfDraft(key: string): string {
  return key.slice(0, key.indexOf(separator));
}

/** Less than every key of the shard. */
export function beforeDrafts(shard: string): string {
  return `${shard}${separator}`;
}

/** Greater than every key of the shard. */
export function afterDrafts(shard: string): string {
  return `${shard}${separator}:`;
}

interface ChannelLogDrafts {
  readonly channel: string;
  readonly drafts: readonly LogDraft[];
}

/**
 * Whether drafts still wait, asked after the heads were read: one that does, and is not among `relayed` of the head,
 * was not appended before that head.
 */
export async function lookIntoOutbox(
  outbox: Collection<OutboxDocument>,
  log: Collection<EntryDocument>,
  work: readonly ChannelLogDrafts[],
  known: readonly (KnownHead | undefined)[],
): Promise<OutboxLook> {
  const keys: string[] = [];
  const again: [channel: string, number: number, id: string][] = [];
  for (const [i, { channel, drafts }] of work.entries()) {
    const relayed = known[i]?.head.relayed ?? [];
    const places = drafts.flatMap(({ id, outbox: place }) => (place ? [{ ...place, id }] : []));
    if (places.length === 0) continue;
    const numbers = places.flatMap(({ number, after = number }) => [number, after]);
    for (const number of new Set([...numbers, ...relayed])) keys.push(draftKey(channel, number));
    for (const { number, id } of places) {
      if (relayed.includes(number)) again.push([channel, number, id]);
    }
  }
  if (keys.length === 0) return { waiting: new Set(), entries: new Map() };
  const [found, entries] = await Promise.all([
    outbox.find({ _id: { $in: keys } }, { projection: { number: 1 } }).toArray(),
    entriesOf(log, again),
  ]);
  return { waiting: new Set(found.map(({ number }) => number)), entries };
}

/** Rare: a relay has ended between append and deletion. */
async function entriesOf(
  log: Collection<EntryDocument>,
  wanted: readonly (readonly [channel: string, number: number, id: string])[],
): Promise<ReadonlyMap<number, EntryDocument>> {
  const entries = new Map<number, EntryDocument>();
  for (const [channel, number, id] of wanted) {
    const within = { $gt: beforeEntries(channel), $lt: afterEntries(channel) };
    const entry = await log.findOne({ _id: within, 'item.id': id });
    if (entry !== null) entries.set(number, entry);
  }
  return entries;
}
