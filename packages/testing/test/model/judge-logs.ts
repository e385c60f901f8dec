import type { LogPage } from '@realtime-notify/core';
import { keyOf } from './key-of.js';
import type { Ledger } from './ledger.js';
import { violated } from './violation.js';

/** Whether the logs hold all that was accepted and not lost, once, without a hole. @throws Violation */
export function judgeLogs(ledger: Ledger, logs: ReadonlyMap<string, LogPage>): void {
  for (const [channel, log] of logs) judgeLog(channel, log);
  for (const { result, key } of ledger.accepted) {
    // Where a channel had lost it, a retry has another id there than in the others.
    const names = key === undefined ? [result.id] : [result.id, key];
    for (const { channel, offset } of result.channels) {
      const isKept = logs
        .get(channel)
        ?.items.some((item) => names.includes(item.id) || names.includes(keyOf(item) ?? ''));
      if (isKept !== true && !names.some((name) => ledger.isGone(channel, name))) {
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
