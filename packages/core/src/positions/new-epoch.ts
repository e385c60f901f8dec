import { RandomDraws } from '../random/random-draws.js';

// A store offers one with every append: a call to the kernel each would be felt.
const draws = new RandomDraws();

/**
 * A fresh name for one life of a channel's log: 12 random characters of `[0-9a-z]`, never `NO_EPOCH`.
 * For stores: they offer it as the candidate when a log begins or its epoch is renewed.
 */
export function newEpoch(): string {
  return draws.next(8).readBigUInt64BE().toString(36).padStart(12, '0').slice(-12);
}
