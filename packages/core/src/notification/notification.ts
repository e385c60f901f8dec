/**
 * What a client is shown. `id` is a UUIDv7 (RFC 9562, 5.7) made once by the publisher and equal on
 * every channel of the audience. `time` is the publisher's clock in milliseconds since 1970 UTC.
 * A notification that was not stored has no place in a log: its `epoch` and `offset` are null.
 */
export interface Notification<Type extends string = string, Data = unknown> {
  readonly id: string;
  readonly type: Type;
  readonly channel: string;
  readonly epoch: string | null;
  readonly offset: number | null;
  readonly time: number;
  readonly data: Data;
}

/**
 * A notification on its way between publisher, store, broker and feed. Its data stays JSON text:
 * it is written once by the publisher and never parsed on the way to a client.
 */
export interface Envelope {
  readonly id: string;
  readonly type: string;
  readonly channel: string;
  readonly epoch: string | null;
  readonly offset: number | null;
  readonly time: number;
  readonly dataJson: string;
  /**
   * Of one that has its place: the tag of the notification before it in the log, as the store knew it when
   * it gave that place out; that of the origin for the first. Absent where an older version wrote it.
   * Stays on the server.
   */
  readonly previousTag?: string;
  /**
   * Without a place as yet: it will come again with it, under the same id. Only for clients that show an
   * id once.
   */
  readonly provisional?: true;
  /** W3C trace context of the publisher; stays on the server. */
  readonly traceparent?: string;
}

/** An envelope that has its place in a channel's log. */
export interface StoredEnvelope extends Envelope {
  readonly epoch: string;
  readonly offset: number;
}

/** Whether an envelope has its place in a log; the others are ephemeral or provisional. */
export function isStored(envelope: Envelope): envelope is StoredEnvelope {
  return envelope.offset !== null && envelope.epoch !== null;
}

/** The JSON text of the notification, made without parsing its data. */
export function notificationJson(envelope: Envelope): string {
  return `{${notificationMembers(envelope)}}`;
}

/** The members of the notification's JSON object without the braces, for frames that add their own. */
export function notificationMembers(envelope: Envelope): string {
  const { id, type, channel, epoch, offset, time, dataJson } = envelope;
  const epochJson = epoch === null ? 'null' : `"${epoch}"`;
  return `"id":"${id}","type":${JSON.stringify(type)},"channel":${JSON.stringify(channel)},"epoch":${epochJson},"offset":${offset},"time":${time},"data":${dataJson}`;
}
