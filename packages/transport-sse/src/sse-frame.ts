/** The parts of one event. Absent fields are not written. */
export interface SseEvent {
  readonly event?: string;
  readonly data: string;
  readonly id?: string;
  readonly retryMs?: number;
}

const lineBreak = /\r\n|\r|\n/;
const forbiddenInField = /[\r\n\0]/;

/**
 * Writes one event as the WHATWG HTML standard reads it (9.2.6, "Interpreting an event stream").
 * Line breaks in data become several data lines. Pure.
 * @throws RangeError where an event name or id holds CR, LF or NUL: they would forge other fields
 */
export function encodeEvent({ event, data, id, retryMs }: SseEvent): string {
  let text = retryMs === undefined ? '' : `retry: ${Math.max(0, Math.round(retryMs))}\n`;
  if (event !== undefined) text += `event: ${checkField('event', event)}\n`;
  text += encodeData(data);
  if (id !== undefined) text += `id: ${checkField('id', id)}\n`;
  return `${text}\n`;
}

/** The data lines of an event, without the blank line that ends it. */
export function encodeData(data: string): string {
  if (!lineBreak.test(data)) return `data: ${data}\n`;
  return data
    .split(lineBreak)
    .map((line) => `data: ${line}\n`)
    .join('');
}

/** A line that readers ignore; it keeps proxies and half-open connections honest. */
export const heartbeatComment: Buffer = Buffer.from(':\n\n');

/** Refuses what would end a field early and forge the next one. */
export function checkField(name: string, value: string): string {
  if (forbiddenInField.test(value))
    throw new RangeError(`an SSE ${name} holds no line break or NUL`);
  return value;
}
