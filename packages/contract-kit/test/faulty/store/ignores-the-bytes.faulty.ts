import { memoryStoreContract, WrappedStore } from './wrapped-store.js';

/** Counts notifications, and never looks at how large they are. */
memoryStoreContract(class IgnoresTheBytes extends WrappedStore {}, ({ classes, ...retention }) => ({
  ...retention,
  maxBytes: false,
  classes: (classes ?? []).map((each) => ({ ...each, maxBytes: false })),
}));
