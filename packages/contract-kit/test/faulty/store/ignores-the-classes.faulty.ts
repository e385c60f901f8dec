import { memoryStoreContract, WrappedStore } from './wrapped-store.js';

/** Keeps of every channel what is to be kept of those without a class. */
memoryStoreContract(
  class IgnoresTheClasses extends WrappedStore {},
  ({ classes: _, ...retention }) => retention,
);
