import { memoryStoreContract, WrappedStore } from './wrapped-store.js';

memoryStoreContract(WrappedStore);
