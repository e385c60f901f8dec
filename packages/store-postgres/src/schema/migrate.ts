import { asError, codeOf, SchemaRefused } from '../driver-errors.js';
import type { PostgresClient } from '../postgres-client.js';
import { knownVersion, postgresMigrations } from './migrations.js';

/** Any number; what else takes advisory locks in this database takes others. */
const migrationLock = 7_244_091_825;

/**
 * Brings the schema to the version that this release knows, nodes that start together one after the other.
 * @throws SchemaRefused where it is newer, or older and we are not to change it
 */
export async function migrate(
  client: PostgresClient,
  schema: string,
  isAllowed: boolean,
): Promise<void> {
  if (isCurrent(await versionOf(client, schema), schema)) return;
  if (!isAllowed) {
    throw new SchemaRefused(
      `the schema ${schema} is not of version ${knownVersion}: run postgresMigrations('${schema}') or leave out migrate: false`,
    );
  }
  await client.query('BEGIN');
  await client.query('SET LOCAL statement_timeout = 0');
  await client.query('SELECT pg_advisory_xact_lock($1)', [migrationLock]);
  // Another node may have done it meanwhile.
  const version = await versionOf(client, schema);
  const missing = isCurrent(version, schema)
    ? []
    : postgresMigrations(schema).filter((each) => each.version > version);
  try {
    for (const { sql } of missing) await client.query(sql);
  } catch (error) {
    throw mayNot(schema, asError(error));
  }
  await client.query('COMMIT');
}

/** What to do where the right is missing to change the schema. */
function mayNot(schema: string, cause: Error): Error {
  if (codeOf(cause) !== '42501') return cause;
  const message = `${cause.message}. Let the user CREATE in the database, or run postgresMigrations('${schema}') as the owner and pass migrate: false`;
  return new SchemaRefused(message, { cause });
}

/** 0 where there is no schema of ours. */
async function versionOf(client: PostgresClient, schema: string): Promise<number> {
  // Not to_regclass: it may still remember that there was none when another node has just made it.
  const { rows: found } = await client.query(
    "SELECT FROM pg_catalog.pg_tables WHERE schemaname = $1 AND tablename = 'schema_version'",
    [schema],
  );
  if (found.length === 0) return 0;
  const { rows } = await client.query(
    `SELECT coalesce(max(version), 0)::int AS version FROM ${schema}.schema_version`,
  );
  return Number(rows[0]?.version);
}

function isCurrent(version: number, schema: string): boolean {
  if (version > knownVersion) {
    throw new SchemaRefused(
      `the schema ${schema} is of version ${version}, made by a newer release; this one knows ${knownVersion}`,
    );
  }
  return version === knownVersion;
}
