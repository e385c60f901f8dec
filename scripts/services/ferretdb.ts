import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { copyEdited, type Edit } from './edited-copy.js';
import { type GoProgram, goProgram, moduleFolder } from './go.js';
import { withLock } from './lock.js';
import { cacheDir } from './paths.js';
import { run } from './run.js';

const name = 'github.com/FerretDB/FerretDB';
/** The last release that needs no extension of PostgreSQL. */
const release = 'v1.24.2';

const ours = fileURLToPath(new URL('./ferretdb/', import.meta.url));

/**
 * It makes an index of `_id` that SQLite does not find its queries in, and lets it look for equal ids alone. So
 * nearly every query reads a whole collection, and an append takes a second where MongoDB has an index to look in.
 * What a query answers stays as it is.
 */
const findByIndex: readonly Edit[] = [
  {
    file: 'internal/backends/sqlite/metadata/metadata.go',
    find: `IDColumn = DefaultColumn + "->'$._id'"`,
    put: 'IDColumn = DefaultColumn + `->"_id"`',
  },
  {
    file: 'internal/backends/sqlite/metadata/registry.go',
    find: `STRICT", DefaultColumn)`,
    put: `STRICT; CREATE INDEX %[2]q ON %[3]q (%[1]s->>\\"_id\\")", DefaultColumn, tableName+"_text", tableName)`,
  },
  {
    file: 'internal/backends/sqlite/collection.go',
    find: '\tq += whereClause\n\tq += prepareOrderByClause',
    put: '\twhereClause, args = pushdown(params.Filter)\n\tq += whereClause\n\tq += prepareOrderByClause',
  },
];

/** It keeps a connection to SQLite for each update of a command until its end, and waits for ever for the 101st. */
const letGoOfConnections: Edit = {
  file: 'internal/handler/msg_update.go',
  find: 'result, err := common.UpdateDocument(ctx, c, "update", iter, &u)\n',
  put: 'result, err := common.UpdateDocument(ctx, c, "update", iter, &u)\n\t\tcloser.Close()\n',
};

const edits = [...findByIndex, letGoOfConnections];

/** FerretDB, which speaks MongoDB's protocol over SQLite; built once with the Go toolchain. */
export async function ferretdbProgram(): Promise<string> {
  const home = join(cacheDir, 'ferretdb', `${release}-${fingerprint()}`);
  const program = join(home, 'ferretdb');
  if (existsSync(program)) return program;
  await withLock(join(cacheDir, 'ferretdb', 'lock'), 900_000, async () => {
    if (!existsSync(program)) await build(home, program);
  });
  return program;
}

/** Of all that makes our build another than the release. */
function fingerprint(): string {
  const hash = createHash('sha256').update(JSON.stringify(edits));
  for (const file of ['main.go', 'pushdown.go']) hash.update(readFileSync(join(ours, file)));
  return hash.digest('hex').slice(0, 8);
}

async function build(home: string, program: string): Promise<void> {
  const go = await goProgram();
  mkdirSync(home, { recursive: true });
  console.error(`building FerretDB ${release} with Go`);
  const source = join(home, 'source');
  copyEdited(await moduleFolder(go, `${name}@${release}`), source, edits);
  copyFileSync(join(ours, 'pushdown.go'), join(source, 'internal/backends/sqlite/pushdown.go'));
  copyFileSync(join(ours, 'main.go'), join(home, 'main.go'));
  const wants = [`require ${name} ${release}`, `replace ${name} => ./source`];
  writeFileSync(join(home, 'go.mod'), ['module services', 'go 1.24', ...wants, ''].join('\n\n'));
  await compile(go, home, `${program}.partial`);
  renameSync(`${program}.partial`, program);
}

async function compile(go: GoProgram, home: string, output: string): Promise<void> {
  const args = ['build', '-mod=mod', '-tags=ferretdb_no_postgresql', '-ldflags=-s -w'];
  await run(go.command, [...args, '-o', output, '.'], {
    timeoutMs: 840_000,
    cwd: home,
    env: { ...process.env, ...go.env, GOFLAGS: '', GOTOOLCHAIN: 'local', CGO_ENABLED: '0' },
  });
}
