import type { AppendOutcome, Draft } from '@realtime-notify/core';
import { memoryStoreContract, WrappedStore } from './wrapped-store.js';

/** Takes another content under the same key for a retry. */
class IgnoresTheDigest extends WrappedStore {
  override append(drafts: readonly Draft[]): Promise<readonly AppendOutcome[]> {
    const alike = drafts.map((draft) =>
      draft.idempotency === undefined
        ? draft
        : { ...draft, idempotency: { key: draft.idempotency.key, digest: 'any' } },
    );
    return super.append(alike);
  }
}

memoryStoreContract(IgnoresTheDigest);
