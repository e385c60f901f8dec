import { cleanUpSql } from './clean-up.js';
import { dueWorkSql } from './due-work.js';
import { logsSql } from './logs.js';
import { outboxSql } from './outbox.js';

/** One step of the schema. Steps are only ever added: what was released is never changed. */
export interface PostgresMigration {
  /** 1, 2, 3 ... */
  readonly version: number;
  /** The statements, to be run in one transaction. They note the version. */
  readonly sql: string;
}

/** The schema version that this release works with. */
export const knownVersion = 1;

export const defaultSchema = 'realtime_notify';

/** What may be the name of a schema: it is written into statements. */
export const schemaPattern = /^[a-z_][a-z0-9_]{0,49}$/;

/**
 * The statements that `start` runs unless `migrate: false`, for those who run them themselves, as the owner of
 * the tables: each version above the one in `<schema>.schema_version`, in order, each in one transaction.
 * @param schema - Default `realtime_notify`.
 * @throws RangeError where it is not `[a-z_][a-z0-9_]*` of at most 50 characters
 */
export function postgresMigrations(schema: string = defaultSchema): readonly PostgresMigration[] {
  if (!schemaPattern.test(schema)) throw new RangeError(`${schema} cannot be a schema`);
  const note = (version: number): string =>
    `INSERT INTO ${schema}.schema_version (version) VALUES (${version});\n`;
  const first = `CREATE SCHEMA IF NOT EXISTS ${schema};
CREATE TABLE ${schema}.schema_version (
  version int PRIMARY KEY,
  applied_at timestamptz NOT NULL DEFAULT now()
);
${logsSql(schema)}${outboxSql(schema)}${dueWorkSql(schema)}${cleanUpSql(schema)}`;
  return [first].map((sql, i) => ({ version: i + 1, sql: sql + note(i + 1) }));
}
