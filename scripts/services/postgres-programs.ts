import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { unpackDebian } from './debian.js';
import { onPath } from './run.js';

export interface PostgresPrograms {
  /** Holds `postgres` and `initdb` of one version. */
  readonly binDir: string;
  readonly env: NodeJS.ProcessEnv;
}

/** On PATH, where Debian puts them, or fetched. */
export async function postgresPrograms(): Promise<PostgresPrograms> {
  const found = onPath('postgres');
  // A link, perhaps, to where the other programs are.
  const installed = [
    ...(found === undefined ? [] : [dirname(realpathSync(found))]),
    ...debian('/'),
  ];
  const binDir = installed.find(isComplete);
  if (binDir !== undefined) return { binDir, env: {} };
  const { root, env } = await unpackDebian('postgresql');
  const unpacked = debian(root).find(isComplete);
  if (unpacked === undefined) throw new Error(`no PostgreSQL server was unpacked in ${root}`);
  return { binDir: unpacked, env };
}

/** The newest version first. */
function debian(root: string): readonly string[] {
  const versions = join(root, 'usr/lib/postgresql');
  if (!existsSync(versions)) return [];
  return readdirSync(versions)
    .toSorted((a, b) => Number(b) - Number(a))
    .map((version) => join(versions, version, 'bin'));
}

function isComplete(dir: string): boolean {
  return ['postgres', 'initdb'].every((program) => existsSync(join(dir, program)));
}
