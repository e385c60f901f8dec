import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withLock } from './lock.js';
import { cacheDir } from './paths.js';
import { relinkInto } from './relink.js';
import { onPath, run } from './run.js';

/** A Debian package and what it needs beyond the installed system, unpacked in a folder of ours. */
export interface UnpackedPackage {
  readonly root: string;
  /** What a program from it needs in its environment. */
  readonly env: { readonly LD_LIBRARY_PATH: string };
}

/** Whether this system can unpack Debian packages. */
export function hasDebianTools(): boolean {
  return onPath('apt-get') !== undefined && onPath('dpkg-deb') !== undefined;
}

/**
 * Needs no root and changes nothing of the system: apt keeps its lists and downloads below our
 * cache, and the packages are unpacked, never installed.
 */
export async function unpackDebian(name: string): Promise<UnpackedPackage> {
  const home = join(cacheDir, 'debian');
  const root = join(home, name);
  if (!existsSync(root)) {
    if (!hasDebianTools())
      throw new Error(`install ${name}: it is not on PATH, and there is no apt`);
    await withLock(join(home, 'lock'), 600_000, async () => {
      if (!existsSync(root)) await fetchAndUnpack(home, name, root);
    });
  }
  return { root, env: { LD_LIBRARY_PATH: libraryDirs(root).join(':') } };
}

async function fetchAndUnpack(home: string, name: string, root: string): Promise<void> {
  const downloads = join(home, 'apt', 'cache', 'archives');
  rmSync(downloads, { recursive: true, force: true });
  mkdirSync(join(downloads, 'partial'), { recursive: true });
  mkdirSync(join(home, 'apt', 'state', 'lists', 'partial'), { recursive: true });
  const config = join(home, 'apt', 'apt.conf');
  writeFileSync(config, aptConfig(join(home, 'apt')));

  console.error(`fetching the Debian package ${name} and what it needs`);
  const apt = (...args: string[]): Promise<string> =>
    run('apt-get', ['-c', config, '-q', '-y', ...args], { timeoutMs: 300_000 });
  // Package sources of others on this machine may be out of reach; the install below tells.
  const update = await apt('update').catch((error: unknown) => error);
  await apt('install', '--download-only', '--no-install-recommends', name).catch(
    (error: unknown) => {
      throw new Error(`could not fetch the Debian package ${name}: install it yourself`, {
        cause: update instanceof Error ? update : error,
      });
    },
  );

  const partial = `${root}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  for (const file of readdirSync(downloads)) {
    // Another C library than the running loader's would break every program.
    if (!file.endsWith('.deb') || /^libc(6|-bin)_/.test(file)) continue;
    await run('dpkg-deb', ['-x', join(downloads, file), partial], { timeoutMs: 120_000 });
  }
  relinkInto(partial, root);
  renameSync(partial, root);
  rmSync(downloads, { recursive: true, force: true });
}

/** `#clear`: a system's own hooks after apt's work (e.g. emptying its cache) are not for us. */
function aptConfig(dir: string): string {
  return `Dir::State "${dir}/state";
Dir::State::status "/var/lib/dpkg/status";
Dir::Cache "${dir}/cache";
Dir::Log "${dir}/log";
Debug::NoLocking "true";
APT::Sandbox::User "";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Pre-Install-Pkgs;
#clear DPkg::Post-Invoke;
`;
}

/** Every folder below a `lib` that holds shared libraries. */
function libraryDirs(root: string): string[] {
  const found: string[] = [];
  const walk = (dir: string, depth: number): void => {
    const entries = readdirSync(dir, { withFileTypes: true });
    if (entries.some((entry) => !entry.isDirectory() && /^lib.*\.so(\.|$)/.test(entry.name))) {
      found.push(dir);
    }
    if (depth === 0) return;
    for (const entry of entries) if (entry.isDirectory()) walk(join(dir, entry.name), depth - 1);
  };
  for (const top of ['lib', 'usr/lib']) {
    if (existsSync(join(root, top))) walk(join(root, top), 2);
  }
  return found;
}
