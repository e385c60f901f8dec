import { createHash } from 'node:crypto';
import { type Draft, newEpoch, retentionOf } from '@realtime-notify/core';
import type { ResolvedStoreOptions } from './store-options.js';

/** What is kept, as the functions in the database take it. */
export type KeptOptions = Pick<
  ResolvedStoreOptions,
  'retention' | 'headRetentionMs' | 'idempotencyWindowMs'
>;

/** A draft as the function `append` takes it; 0 stands for "without limit". */
export function draftFields(draft: Draft, kept: KeptOptions): object {
  const { channel, id, type, time, dataJson, traceparent, floor, change, idempotency } = draft;
  const { maxCount, maxAgeMs, maxBytes } = retentionOf(channel, kept.retention);
  return {
    channel,
    new_epoch: newEpoch(),
    id,
    type,
    time,
    data: dataJson,
    traceparent,
    max_count: maxCount,
    max_age_ms: maxAgeMs || 0,
    max_bytes: maxBytes || 0,
    head_ms: kept.headRetentionMs || 0,
    floor_epoch: floor?.epoch,
    floor: floor?.offset,
    floor_tag: floor?.tag,
    from_epoch: change?.from.epoch,
    from_offset: change?.from.offset,
    from_tag: change?.from.tag,
    state: change?.stateJson,
    ...(idempotency === undefined
      ? {}
      : {
          key: keyDigest(idempotency.key),
          digest: idempotency.digest,
          window_ms: kept.idempotencyWindowMs,
        }),
  };
}

/** Of one length whatever the key, and text that PostgreSQL takes whatever its characters. */
function keyDigest(key: string): string {
  return createHash('sha256').update(Buffer.from(key, 'utf16le')).digest('base64url');
}
