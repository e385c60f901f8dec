import { spawnSync } from 'node:child_process';
import { rootDir } from './root-dir.mjs';

/** Starts the services behind a broker; returns their addresses as environment variables. */
export function servicesUp(broker) {
  const names = broker === 'kafka' ? ['redis', 'kafka'] : ['redis'];
  console.log(`Starting ${names.join(' and ')}; the first time fetches them ...`);
  run(['up', ...names]);
  const lines = run(['env']).split('\n').filter(Boolean);
  return Object.fromEntries(lines.map((line) => line.split(/=(.*)/s, 2)));
}

function run(args) {
  const { status, stdout, stderr, error } = spawnSync(
    process.execPath,
    ['--import', 'tsx', 'scripts/services/main.ts', ...args],
    { cwd: rootDir, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
  );
  if (status === 0) return stdout;
  throw new Error(`the services did not start:\n${error?.message ?? `${stdout}${stderr}`}`);
}
