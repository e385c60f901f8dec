import { randomUUID } from 'node:crypto';
import type { Draft, Envelope } from '@realtime-notify/core';

/** A channel that no other test, and no other run, uses. */
export function freshChannel(label = 'c'): string {
  return `user:${label}-${randomUUID()}`;
}

/** A valid draft for `channel` with a fresh id. */
export function sampleDraft(channel: string, fields: Partial<Draft> = {}): Draft {
  const id = randomUUID();
  return {
    channel,
    id,
    type: 'message',
    time: Date.now(),
    dataJson: '{"text":"hello"}',
    ...fields,
  };
}

/** A valid stored envelope for `channel` with a fresh id; offset 1 unless given. */
export function sampleEnvelope(channel: string, fields: Partial<Envelope> = {}): Envelope {
  const place = { epoch: 'e1', offset: 1 };
  const draft = sampleDraft(channel);
  return { ...draft, ...place, ...fields };
}

/** JSON texts that an adapter must carry as they are: spacing, order, escapes, any script, size. */
export const awkwardJson: readonly string[] = [
  'null',
  '""',
  '{ "b" : 1,\t"a": [ ] }',
  '{"text":"line\\nfeed \\u0000 \\" quoted"}',
  '{"text":"Grüße, 你好, 🎉, \u2028"}',
  `{"text":"${'x'.repeat(60_000)}"}`,
];
