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

function hashTag(channel: string): string {
  return channel.replace(
    /[%{}]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
