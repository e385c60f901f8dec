import { chmodSync, readdirSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasDebianTools, unpackDebian } from './debian.js';
import { onPath, run } from './run.js';

export interface GoProgram {
  readonly command: string;
  readonly env: NodeJS.ProcessEnv;
}

const oldestMinor = 24;
/** Published as a Go module, so that any Go can fetch it. */
const toolchain = 'golang.org/toolchain@v0.0.1-go1.24.3';

/** A `go` of version 1.24 or later: PATH, else the toolchain that a Go of Debian fetches. */
export async function goProgram(): Promise<GoProgram> {
  const installed = onPath('go');
  if (installed !== undefined && (await minorVersion(installed)) >= oldestMinor) {
    return { command: installed, env: {} };
  }
  if (installed === undefined && !hasDebianTools()) {
    throw new Error('FerretDB is built with Go: install Go 1.24 or later, or give MONGODB_URL');
  }
  const older = installed ?? (await debianGo());
  return { command: await fetchToolchain(older), env: {} };
}

async function debianGo(): Promise<string> {
  const { root } = await unpackDebian('golang-go');
  const found = readdirSync(join(root, 'usr/lib')).find((name) => /^go-1\.\d+$/.test(name));
  if (found === undefined) throw new Error('the Debian package golang-go holds no Go');
  return join(root, 'usr/lib', found, 'bin/go');
}

async function fetchToolchain(go: string): Promise<string> {
  const system = `${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`;
  const env = { GOROOT: join(go, '../..'), GOFLAGS: '-modcacherw' };
  const home = await moduleFolder({ command: go, env }, `${toolchain}.${system}`);
  // Modules hold no programs, as far as Go before 1.21 knows.
  for (const programs of ['bin', `pkg/tool/${system.replace('-', '_')}`]) {
    for (const name of readdirSync(join(home, programs))) {
      chmodSync(join(home, programs, name), 0o755);
    }
  }
  return join(home, 'bin/go');
}

/** Where Go keeps a module, fetched if need be. */
export async function moduleFolder(go: GoProgram, module: string): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'services-go-'));
  try {
    const said = await run(go.command, ['mod', 'download', '-json', module], {
      timeoutMs: 300_000,
      cwd: dir,
      env: { ...process.env, ...go.env },
    });
    return folderIn(JSON.parse(said));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function folderIn(download: unknown): string {
  const dir =
    typeof download === 'object' && download !== null && 'Dir' in download ? download.Dir : '';
  if (typeof dir !== 'string' || dir === '') throw new Error('Go did not say where the module is');
  return dir;
}

async function minorVersion(go: string): Promise<number> {
  const said = await run(go, ['env', 'GOVERSION'], { timeoutMs: 20_000 }).catch(() => '');
  return Number(/^go1\.(\d+)/.exec(said)?.[1] ?? 0);
}
