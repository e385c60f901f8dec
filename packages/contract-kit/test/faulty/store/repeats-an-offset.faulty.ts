import { RenumberingStore } from './renumbering-store.js';
import { memoryStoreContract } from './wrapped-store.js';

/** 1, 2, 3, 4, 4, 5 ... */
class RepeatsAnOffset extends RenumberingStore {
  protected override renumber(offset: number): number {
    return offset > 4 ? offset - 1 : offset;
  }
}

memoryStoreContract(RepeatsAnOffset);
