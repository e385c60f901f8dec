import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../services/run.js';
import { type PublicPackage, publicPackages, readManifest } from './public-packages.js';
import { stageWorkspace } from './stage.js';

/** A tarball as it would be published, and what is in it. */
export interface PackedPackage extends PublicPackage {
  readonly tarball: string;
  /** Where it is unpacked. */
  readonly dir: string;
}

/** Builds and packs every public package below `workDir`, an empty folder. */
export async function packWorkspace(workDir: string): Promise<PackedPackage[]> {
  const stageDir = join(workDir, 'stage');
  await stageWorkspace(stageDir);
  return packStaged(stageDir, workDir);
}

/** Packs what stands in a stage, as `pnpm publish` would: `workspace:*` becomes a version. */
export async function packStaged(stageDir: string, workDir: string): Promise<PackedPackage[]> {
  const tarballsDir = join(workDir, 'tarballs');
  await pnpm(stageDir, [
    '-r',
    '--filter',
    './packages/*',
    'pack',
    '--pack-destination',
    tarballsDir,
  ]);
  return Promise.all(
    publicPackages(stageDir).map(async (each) => {
      const file = `${each.name.replace('@', '').replace('/', '-')}-${each.version}.tgz`;
      const tarball = join(tarballsDir, file);
      return {
        ...each,
        tarball,
        dir: await unpack(tarball, join(workDir, 'unpacked', each.folder)),
      };
    }),
  );
}

async function unpack(tarball: string, dir: string): Promise<string> {
  mkdirSync(dir, { recursive: true });
  await run('tar', ['-xzf', tarball, '-C', dir], { timeoutMs: 30_000 });
  return join(dir, 'package');
}

/** The pnpm that package.json pins. */
function pnpm(stageDir: string, args: readonly string[]): Promise<string> {
  const { packageManager = 'pnpm' } = readManifest(stageDir);
  return run('npx', ['--yes', packageManager, ...args], { cwd: stageDir, timeoutMs: 120_000 });
}
