import { z } from 'zod';

/**
 * How much of a channel's log is kept. Where it exceeds one of these, its oldest notifications go, and
 * only they: a log is whole from where it begins up to its head. Its position is kept longer.
 */
export interface Retention {
  /** Notifications kept. Default 1,000. */
  readonly maxCount?: number;
  /**
   * A notification is forgotten this long after it was appended, in milliseconds, by the store's clock;
   * `false`: never. 100 years at most. Default 604,800,000 (7 days).
   */
  readonly maxAgeMs?: number | false;
  /**
   * Bytes of the notifications' data kept, as JSON in UTF-8; `false`: without limit. The newest is kept
   * whatever its size. Default 8,388,608 (8 MiB).
   */
  readonly maxBytes?: number | false;
}

/** A retention of their own for some channels; what it leaves out is as for all others. */
export interface RetentionClass extends Retention {
  /** How the channels' names begin, e.g. `['group:', 'all']`. */
  readonly channels: readonly string[];
}

/** What a store keeps. All nodes of a shared store use the same. */
export interface RetentionOptions extends Retention {
  /** The first class that a channel belongs to counts. Default: none. */
  readonly classes?: readonly RetentionClass[];
}

const maxCount = z.int().min(1);
/** 100 years: what is counted from now is still a date to every database. */
export const longestMs = 3_155_760_000_000;
const maxAgeMs = z.union([z.int().min(1).max(longestMs), z.literal(false)], {
  error: 'must be milliseconds, of 100 years at most, or false: never',
});
const maxBytes = z.union([z.int().min(1), z.literal(false)]);

/** Checks {@link RetentionOptions} and fills every class with what it left out. */
export const retentionSchema = z
  .strictObject({
    maxCount: maxCount.default(1_000),
    maxAgeMs: maxAgeMs.default(604_800_000),
    maxBytes: maxBytes.default(8_388_608),
    classes: z
      .array(
        z.strictObject({
          channels: z.array(z.string().min(1)).min(1),
          maxCount: maxCount.optional(),
          maxAgeMs: maxAgeMs.optional(),
          maxBytes: maxBytes.optional(),
        }),
      )
      .default([]),
  })
  .transform(
    ({ classes, ...rest }): RetentionRules => ({
      rest,
      classes: classes.map(({ channels, ...own }) => ({
        channels,
        maxCount: own.maxCount ?? rest.maxCount,
        maxAgeMs: own.maxAgeMs ?? rest.maxAgeMs,
        maxBytes: own.maxBytes ?? rest.maxBytes,
      })),
    }),
  );

/** What is kept of one channel. */
export type LogRetention = Required<Retention>;

/** The retention of every channel: of the first class that it belongs to, else of the rest. */
export interface RetentionRules {
  readonly classes: readonly Required<RetentionClass>[];
  readonly rest: LogRetention;
}

/** What is kept of `channel`. */
export function retentionOf(channel: string, { classes, rest }: RetentionRules): LogRetention {
  return (
    classes.find(({ channels }) => channels.some((start) => channel.startsWith(start))) ?? rest
  );
}

/** How long the longest-lived notification is kept, in milliseconds; `false`: for ever. */
export function longestAgeMs({ classes, rest }: RetentionRules): number | false {
  const ages = [rest, ...classes].map((each) => each.maxAgeMs);
  return ages.includes(false) ? false : Math.max(...ages.map(Number));
}
