import { isDeepStrictEqual } from 'node:util';
import { eventually } from './eventually.js';
import type { Notification } from './notification.js';
import { type Accepted, notifyUntilAccepted } from './publisher.js';
import type { StreamReader } from './stream-reader.js';

/** A client, and the channels that it must hear, all of them and no other. */
export interface Follower {
  readonly reader: StreamReader;
  readonly channels: readonly string[];
}

/**
 * Everything accepted is there, in offset order, once, with one id and offset at all readers; nothing
 * else is. Closes with a notification to everybody from each node: what could still come has come.
 */
export async function expectDelivery(
  accepted: readonly Accepted[],
  followers: readonly Follower[],
  nodes: readonly { readonly base: string }[],
  { timeoutMs = 90_000 } = {},
): Promise<void> {
  const byChannel = new Map<string, Accepted[]>();
  for (const each of accepted) addTo(byChannel, each.channel, each);
  const has = ({ reader, channels }: Follower): boolean =>
    channels.every((channel) => reader.log.count(channel) >= (byChannel.get(channel)?.length ?? 0));
  const waiting = new Set(followers);
  const all = (): boolean => {
    for (const follower of waiting) if (has(follower)) waiting.delete(follower);
    return waiting.size === 0;
  };
  // What went wrong already does not come right by waiting.
  const over = (): boolean =>
    all() || followers.some(({ reader }) => reader.log.problems.length > 0);
  const explain = (): string =>
    [...waiting]
      .slice(0, 10)
      .map((follower) => lacking(follower, byChannel))
      .join('\n');
  await eventually('every client has all of its channels', over, explain, { timeoutMs });
  for (const { base } of nodes) {
    const [last] = await notifyUntilAccepted([base], {
      to: { all: true },
      type: 'message',
      data: { text: 'the last one' },
      idempotencyKey: crypto.randomUUID(),
    });
    if (last === undefined) throw new Error('the last notification has no channel');
    addTo(byChannel, last.channel, last);
    for (const follower of followers) {
      if (follower.channels.includes(last.channel)) waiting.add(follower);
    }
    await eventually('every client has the last notification', over, explain, { timeoutMs });
  }
  const problems = followers.flatMap((follower) => judge(follower, byChannel));
  problems.push(...compare(followers));
  if (problems.length > 0) {
    throw new Error(
      `${problems.length} problems with ${accepted.length} accepted notifications at ${followers.length} clients, the first:\n${problems.slice(0, 15).join('\n')}`,
    );
  }
}

function judge({ reader, channels }: Follower, byChannel: Map<string, Accepted[]>): string[] {
  const problems = reader.log.problems.map((problem) => `${reader.name}: ${problem}`);
  if (reader.refusal !== undefined) problems.push(`${reader.name} was refused: ${reader.refusal}`);
  // A user's streams follow the user's inbox, which no publisher writes to.
  const own = new Set(channels.map((channel) => channel.replace(/^user:/, 'inbox:')));
  const extra = reader.log.channels.filter((each) => !channels.includes(each) && !own.has(each));
  if (extra.length > 0) problems.push(`${reader.name} follows ${extra.join(', ')} as well`);
  for (const channel of channels) {
    const difference = differs(byChannel.get(channel) ?? [], reader.log.on(channel));
    if (difference !== undefined) problems.push(`${reader.name}, ${channel}: ${difference}`);
  }
  return problems;
}

/** What was accepted and what was shown are the same notifications, or in which way they are not. */
function differs(
  accepted: readonly Accepted[],
  shown: readonly Notification[],
): string | undefined {
  if (accepted.length !== shown.length) {
    return `${accepted.length} were accepted, ${shown.length} shown`;
  }
  const byId = new Map(shown.map((each) => [each.id, each]));
  const withoutId = new Map<string, number>();
  for (const each of accepted) {
    if (each.id === undefined) {
      count(withoutId, content(each), 1);
      continue;
    }
    const found = byId.get(each.id);
    if (found === undefined) return `${each.id} at offset ${each.offset} is missing`;
    if (found.offset !== each.offset || found.epoch !== (each.epoch ?? found.epoch)) {
      return `${each.id} was accepted at ${each.epoch}#${each.offset}, shown at ${found.epoch}#${found.offset}`;
    }
    if (found.type !== each.type || !isDeepStrictEqual(found.data, each.data)) {
      return `${each.id} was accepted as ${content(each)}, shown as ${content(found)}`;
    }
    byId.delete(each.id);
  }
  for (const each of byId.values()) count(withoutId, content(each), -1);
  const wrong = [...withoutId].find(([, balance]) => balance !== 0);
  return (
    wrong &&
    `${wrong[0]} is there ${Math.abs(wrong[1])} times too ${wrong[1] > 0 ? 'seldom' : 'often'}`
  );
}

/** Whoever follows a channel sees the same id at the same offset. */
function compare(followers: readonly Follower[]): string[] {
  const problems: string[] = [];
  const firstSeen = new Map<string, { readonly id: string; readonly by: string }>();
  for (const { reader, channels } of followers) {
    for (const channel of channels) {
      for (const { offset, id } of reader.log.on(channel)) {
        const place = `${channel}#${offset}`;
        const seen = firstSeen.get(place);
        if (seen === undefined) firstSeen.set(place, { id, by: reader.name });
        else if (seen.id !== id) {
          problems.push(`${place} is ${seen.id} at ${seen.by} and ${id} at ${reader.name}`);
        }
      }
    }
  }
  return problems;
}

function lacking({ reader, channels }: Follower, byChannel: Map<string, Accepted[]>): string {
  const counts = channels.map(
    (channel) => `${channel} ${reader.log.count(channel)}/${byChannel.get(channel)?.length ?? 0}`,
  );
  const state = reader.refusal ?? (reader.live ? 'connected' : 'not connected');
  return [`${reader.name} (${state}): ${counts.join(', ')}`, ...reader.log.problems].join('\n  ');
}

function content({ type, data }: { readonly type: string; readonly data: unknown }): string {
  return `${type} ${JSON.stringify(sorted(data))}`;
}

/** The schema of a type may write the members in another order. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function count(counts: Map<string, number>, key: string, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}

function addTo<Value>(map: Map<string, Value[]>, key: string, value: Value): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
