import type { OutboxDraft } from '@realtime-notify/core';
import { beginInMemory, memoryOutboxContract, WrappedOutbox } from './wrapped-outbox.js';

const open = new Map<unknown, Promise<void>>();
const holders = new Map<string, unknown>();

/** Puts lock their channels until the transaction ends. */
class WaitsForOtherTransactions extends WrappedOutbox {
  override async put(session: unknown, drafts: readonly OutboxDraft[]): Promise<void> {
    for (const { channel } of drafts) {
      const holder = holders.get(channel);
      if (holder !== session) await open.get(holder);
      holders.set(channel, session);
    }
    return super.put(session, drafts);
  }
}

memoryOutboxContract(WaitsForOtherTransactions, () => {
  const transaction = beginInMemory();
  let tellEnded = (): void => {};
  const ended = new Promise<void>((resolve) => {
    tellEnded = resolve;
  });
  open.set(transaction.session, ended);
  const ending = (end: () => Promise<void>) => async (): Promise<void> => {
    open.delete(transaction.session);
    await end();
    tellEnded();
  };
  return {
    session: transaction.session,
    commit: ending(transaction.commit),
    rollback: ending(transaction.rollback),
  };
});
