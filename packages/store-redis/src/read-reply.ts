import { commandFailed } from './driver-errors.js';
import type { RedisReply } from './redis-link.js';

/**
 * What a reply means.
 * @throws NotifyError what its failure is
 */
export function readReply<T>(reply: RedisReply | undefined, parse: (value: unknown) => T): T {
  if (reply === undefined) throw commandFailed(new Error('Redis gave no reply'));
  if (reply.error !== null) throw commandFailed(reply.error);
  try {
    return parse(reply.value);
  } catch (error) {
    throw commandFailed(error instanceof Error ? error : new Error('unreadable reply'));
  }
}
