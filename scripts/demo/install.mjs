import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootDir } from './root-dir.mjs';

/** Installs what the lockfile names, with the pnpm that package.json names. Throws where that fails. */
export function install() {
  const { packageManager } = JSON.parse(readFileSync(join(rootDir, 'package.json'), 'utf8'));
  console.log('Installing; the first time takes a minute ...');
  const { status, stdout, stderr, error } = spawnSync(
    'npx',
    ['--yes', packageManager, 'install', '--frozen-lockfile'],
    {
      cwd: rootDir,
      encoding: 'utf8',
      env: { ...process.env, CI: 'true' },
      shell: process.platform === 'win32',
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  if (status !== 0) {
    throw new Error(`the installation failed:\n${error?.message ?? `${stdout}\n${stderr}`}`);
  }
}
