import type { LogPage, StoredEnvelope } from '@realtime-notify/core';
import type { Ledger } from './ledger.js';
import { violated } from './violation.js';

/** Whether the logs hold all that was accepted and not lost, once, without a hole. @throws Violation */
export function judgeLogs(ledger: Ledger, logs: ReadonlyMap<string, LogPage>): void {
  for (const [channel, log] of logs) judgeLog(channel, log);
  for (const { result, key } of ledger.accepted) {
    for (const { channel, offset } of result.channels) {
      // Where a channel had lost it, a retry has another id there than in the others.
      const isKept = logs
        .get(channel)
        ?.items.some((item) => item.id === result.id || (key !== undefined && keyOf(item) === key));
      if (isKept !== true && !ledger.isGone(channel, result.id)) {
        violated(`the store has lost ${channel} ${offset}, which was accepted`);
      }
    }
  }
}

function judgeLog(channel: string, { items, logStart, head }: LogPage): void {
  const keys = new Set<string>();
  items.forEach((item, index) => {
    if (item.offset !== logStart + index) violated(`${channel} has a hole before ${item.offset}`);
    const key = keyOf(item);
    if (key === undefined) return;
    if (keys.has(key)) violated(`${channel} has two notifications of ${key}`);
    keys.add(key);
  });
  if (logStart + items.length !== head.offset + 1) violated(`${channel} ends before its head`);
}

function keyOf({ dataJson }: StoredEnvelope): string | undefined {
  const data: unknown = JSON.parse(dataJson);
  if (typeof data !== 'object' || data === null || !('key' in data)) return undefined;
  return String(data.key);
}
