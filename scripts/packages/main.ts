// npm run packages -- check | pack <folder>: builds, packs and checks what would be published.
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { allFaults } from './checks/all-checks.js';
import { packWorkspace } from './pack.js';

const usage = 'usage: npm run packages -- check | pack <folder>';

/** Packs and checks; the tarballs go to `toDir`, if nothing is wrong with them. Returns the exit code. */
async function checkedTarballs(toDir: string | undefined): Promise<number> {
  const workDir = mkdtempSync(join(tmpdir(), 'realtime-notify-packages-'));
  try {
    const packages = await packWorkspace(workDir);
    const faults = await allFaults(packages);
    for (const line of faults) console.error(line);
    if (faults.length > 0) return 1;
    for (const { name, version, tarball } of packages) {
      console.log(`${name}@${version}: good`);
      if (toDir === undefined) continue;
      mkdirSync(toDir, { recursive: true });
      copyFileSync(tarball, join(toDir, basename(tarball)));
    }
    return 0;
  } finally {
    rmSync(workDir, { recursive: true, force: true });
  }
}

const [command, folder, ...more] = process.argv.slice(2);
const isCheck = command === 'check' && folder === undefined;
const isPack = command === 'pack' && folder !== undefined && more.length === 0;
if (isCheck || isPack) {
  process.exitCode = await checkedTarballs(folder);
} else {
  console.error(usage);
  process.exitCode = 2;
}
