import type { StoredEnvelope } from '../notification/notification.js';
import { mayHaveTag, type Position, tagOf } from '../positions/position.js';
import type { Ring } from './ring.js';

/**
 * Whether the envelope's place, or the one before it, was another notification's for a feed that stands at
 * `position` and has delivered what is in `ring`: the store lost data and counted again.
 */
export function contradicts(
  envelope: StoredEnvelope,
  position: Position,
  ring: Ring | undefined,
): boolean {
  const ahead = envelope.offset - position.offset;
  if (ahead === 1) return !mayHaveTag(position, envelope.previousTag);
  if (ahead === 0) return !mayHaveTag(position, tagOf(envelope.id));
  return ahead < 0 && (ring?.contradicts(envelope) ?? false);
}
