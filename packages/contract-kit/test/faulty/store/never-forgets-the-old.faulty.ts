import { memoryStoreContract, WrappedStore } from './wrapped-store.js';

memoryStoreContract(
  class NeverForgetsTheOld extends WrappedStore {},
  ({ classes, ...retention }) => ({
    ...retention,
    maxAgeMs: false,
    classes: (classes ?? []).map((each) => ({ ...each, maxAgeMs: false })),
  }),
);
