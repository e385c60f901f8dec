import { copyFileSync, cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { repoDir } from '../services/paths.js';
import { run } from '../services/run.js';
import { publicPackages } from './public-packages.js';

const rootFiles = ['package.json', 'pnpm-workspace.yaml', 'tsconfig.base.json', 'LICENSE'];
const notStaged: ReadonlySet<string> = new Set(['dist', 'test', 'tsconfig.tsbuildinfo']);

/**
 * Builds the public packages in a copy, so that a `dist` holds what this source gives and nothing that an
 * earlier build left behind, and the work tree stays as it is.
 */
export async function stageWorkspace(stageDir: string): Promise<void> {
  mkdirSync(join(stageDir, 'packages'), { recursive: true });
  for (const file of rootFiles) copyFileSync(join(repoDir, file), join(stageDir, file));
  symlinkSync(join(repoDir, 'node_modules'), join(stageDir, 'node_modules'), 'junction');
  const folders = publicPackages(repoDir).map(({ folder }) => join('packages', folder));
  for (const folder of folders) {
    cpSync(join(repoDir, folder), join(stageDir, folder), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (path) => !notStaged.has(basename(path)),
    });
  }
  await run(join(repoDir, 'node_modules/.bin/tsc'), ['-b', ...folders], {
    cwd: stageDir,
    timeoutMs: 120_000,
  });
}
