import type { AppendOutcome, Draft } from '@realtime-notify/core';
import { memoryStoreContract, WrappedStore } from './wrapped-store.js';

/** Every second append of one draft is accepted, and never written. */
class ForgetsAppendedItems extends WrappedStore {
  #count = 0;

  override async append(drafts: readonly Draft[]): Promise<readonly AppendOutcome[]> {
    this.#count += 1;
    const [draft] = drafts;
    if (this.#count % 2 !== 0 || draft === undefined || drafts.length > 1) {
      return super.append(drafts);
    }
    const [head] = await super.positions([draft.channel]);
    if (head === undefined || head.offset === 0) return super.append(drafts);
    const { idempotency: _, ...fields } = draft;
    const place = { epoch: head.epoch, offset: head.offset + 1 };
    return [{ status: 'appended', envelope: { ...fields, ...place } }];
  }
}

memoryStoreContract(ForgetsAppendedItems);
