import { type Encoding, type Envelope, notificationJson } from '@realtime-notify/core';
import { checkField, encodeData } from './sse-frame.js';

/**
 * Events without their closing blank line, which is the separator. So the bytes of a notification are
 * shared by all streams, and only the last event of a write gets the stream's own `id:` line.
 */
export const sseEncoding: Encoding = Object.freeze({
  encode: (envelope: Envelope) =>
    Buffer.from(
      `event: ${checkField('event', envelope.type)}\n${encodeData(notificationJson(envelope))}`,
    ),
  separator: Buffer.from('\n'),
});

/** What closes the last event of a write. */
export function endWithCursor(cursor: string): string {
  return `id: ${cursor}\n\n`;
}
