import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { withLock } from '../services/lock.js';
import { cacheDir } from '../services/paths.js';
import { run } from '../services/run.js';
import { npmInstall } from './npm-install.js';

/** The TypeScripts that must compile against our types: the last one written in JavaScript, and the newest. */
export const typescripts = { '5.9': '5.9.3', '7': '7.0.2' } as const;
export type TypeScriptName = keyof typeof typescripts;

/** The Nodes that must run our packages: of 20 the oldest that we promise, of the others the newest. */
export const nodes = { '20': '20.19.0', '22': '22.23.3', '24': '24.21.0' } as const;
export type NodeName = keyof typeof nodes;

/** The path of a `node` of that version, fetched once: npm has them as packages, one per platform. */
export async function nodeProgram(name: NodeName): Promise<string> {
  const version = nodes[name];
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const programPackage = `node-${platform}-${process.arch}`;
  const home = join(cacheDir, 'node');
  const installed = join(home, version);
  const binary = process.platform === 'win32' ? 'node.exe' : 'node';
  const program = join(installed, 'node_modules', programPackage, 'bin', binary);
  await withLock(join(home, 'lock'), 600_000, async () => {
    if (existsSync(installed)) return;
    const partial = `${installed}.partial`;
    rmSync(partial, { recursive: true, force: true });
    await npmInstall(partial, { dependencies: { [programPackage]: version } });
    renameSync(partial, installed);
  });
  const answer = (await run(program, ['--version'], { timeoutMs: 20_000 })).trim();
  if (answer !== `v${version}`) throw new Error(`${program} is ${answer}, not v${version}`);
  return program;
}
