export { mongoStore } from './mongo-store.js';
export type {
  MongoAddress,
  MongoStoreOptions,
  MongoStoreSettings,
  MongoTls,
} from './store-options.js';
