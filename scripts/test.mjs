// npm test, also on a fresh clone: needs Node and npm only. What follows `--` goes to vitest.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const rootDir = fileURLToPath(new URL('../', import.meta.url));
const { packageManager } = JSON.parse(readFileSync(`${rootDir}package.json`, 'utf8'));

const install = spawnSync('npx', ['--yes', packageManager, 'install', '--frozen-lockfile'], {
  cwd: rootDir,
  stdio: ['ignore', 'inherit', 'inherit'],
  env: { ...process.env, CI: 'true' },
});
if (install.status === 0) {
  const { register } = await import('tsx/esm/api');
  register();
  await import('./test/main.ts');
} else {
  if (install.error !== undefined) console.error(install.error.message);
  console.log('\n0 passed, 1 failed');
  process.exitCode = 1;
}
