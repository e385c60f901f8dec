import { vi } from 'vitest';
import { LineStore, lineStoreContract } from './line-store.js';

vi.setConfig({ testTimeout: 5_000 });

/** Believes that what was asked is answered some day. */
class WaitsForEver extends LineStore {
  protected override readonly answerWithinMs = 3_600_000;
}

lineStoreContract(WaitsForEver);
