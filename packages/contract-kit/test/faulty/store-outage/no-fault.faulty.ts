import { LineStore, lineStoreContract } from './line-store.js';

lineStoreContract(LineStore);
