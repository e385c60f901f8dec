/** The keys of one channel. They share a hash tag, so that on a Cluster they live on one node. */
export interface ChannelKeys {
  /** Hash: epoch, offset, tag. */
  readonly head: string;
  /** Stream; an entry's id is `<offset>-0`. */
  readonly log: string;
}

/**
 * Redis takes what stands between the first `{` and the next `}` as the hash tag; so braces of a
 * channel's name are written as `%7B` and `%7D`, and `%` as `%25`, which keeps names apart.
 */
export function channelKeys(prefix: string, channel: string): ChannelKeys {
  const tagged = `${prefix}{${hashTag(channel)}}`;
  return { head: `${tagged}:head`, log: `${tagged}:log` };
}

/** Hash: the first notification that was appended under this idempotency key. */
export function idempotencyKey(prefix: string, channel: string, key: string): string {
  return `${prefix}{${hashTag(channel)}}:idem:${key}`;
}

/** The keys of one part of the due work. They share a hash tag; there are {@link dueParts} of it. */
export interface DueKeys {
  /** Sorted set: the keys of work, by when they can be taken: due, or the lease ended. */
  readonly times: string;
  /** Hash: the text of each. */
  readonly works: string;
  /** Hash: of each that was ever taken the attempt, whether it may repeat, and its lease. */
  readonly leases: string;
}

/** Into so many parts due work is split, so that the masters of a Cluster share it. Equal on all nodes. */
export const dueParts = 16;

export function dueKeys(prefix: string, part: number): DueKeys {
  const tagged = duePart(prefix, part);
  return { times: `${tagged}:times`, works: `${tagged}:works`, leases: `${tagged}:leases` };
}

/** String: work with this key is finished. */
export function finishedKey(prefix: string, part: number, key: string): string {
  return `${duePart(prefix, part)}:finished:${key}`;
}

function duePart(prefix: string, part: number): string {
  return `${prefix}{due:${part}}`;
}

function hashTag(channel: string): string {
  return channel.replace(
    /[%{}]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
