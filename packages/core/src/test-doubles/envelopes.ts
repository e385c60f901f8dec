import type { Envelope, StoredEnvelope } from '../notification/notification.js';
import type { Draft, Store } from '../ports/store.js';

export { positionOf } from '../positions/position.js';

/** A UUIDv7-shaped id that ends in `n`, so that tags differ and can be told apart. */
export function sampleId(n: number): string {
  return `01890a5d-ac96-774b-bcce-${n.toString(16).padStart(12, '0')}`;
}

export function sampleDraft(channel: string, n: number, fields: Partial<Draft> = {}): Draft {
  const content = { id: sampleId(n), type: 'message', time: 1_000 + n, dataJson: `{"n":${n}}` };
  return { channel, ...content, ...fields };
}

/** The stored envelope number `offset` of a channel. */
export function sampleStored(
  channel: string,
  offset: number,
  fields: Partial<StoredEnvelope> = {},
): StoredEnvelope {
  return { ...sampleDraft(channel, offset), epoch: 'e1', offset, ...fields };
}

export function sampleEphemeral(channel: string, n: number): Envelope {
  return { ...sampleDraft(channel, n), epoch: null, offset: null };
}

/** Appends `count` notifications, numbered from `first` on. */
export async function appendMany(
  store: Store,
  channel: string,
  count: number,
  first = 1,
): Promise<readonly StoredEnvelope[]> {
  const drafts = Array.from({ length: count }, (_, index) => sampleDraft(channel, first + index));
  return (await store.append(drafts)).map((outcome) => {
    if (outcome.status === 'failed') throw outcome.error;
    return outcome.envelope;
  });
}

export async function appendOne(store: Store, channel: string, n: number): Promise<StoredEnvelope> {
  const [envelope] = await appendMany(store, channel, 1, n);
  if (envelope === undefined) throw new Error('nothing was appended');
  return envelope;
}
