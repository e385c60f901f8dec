export type { LentClient, PostgresClient, PostgresPool } from './postgres-client.js';
export { postgresStore } from './postgres-store.js';
export { type PostgresMigration, postgresMigrations } from './schema/migrations.js';
export type {
  PostgresAddress,
  PostgresStoreOptions,
  PostgresStoreSettings,
  PostgresTls,
} from './store-options.js';
