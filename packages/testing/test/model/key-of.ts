import type { StoredEnvelope } from '@realtime-notify/core';

/** The idempotency key that a publisher of a history has written into the data. */
export function keyOf({ dataJson }: Pick<StoredEnvelope, 'dataJson'>): string | undefined {
  const data: unknown = JSON.parse(dataJson);
  if (typeof data !== 'object' || data === null || !('key' in data)) return undefined;
  return String(data.key);
}
