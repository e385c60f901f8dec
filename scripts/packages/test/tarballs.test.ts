import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { repoDir } from '../../services/paths.js';
import { type CheckName, checks } from '../checks/all-checks.js';
import { type PackedPackage, packStaged, packWorkspace } from '../pack.js';
import { publicPackages } from '../public-packages.js';

const workDir = mkdtempSync(join(tmpdir(), 'realtime-notify-tarballs-'));
let good: readonly PackedPackage[] = [];
let broken: readonly PackedPackage[] = [];

beforeAll(async () => {
  good = await packWorkspace(workDir);
  broken = await packBroken(join(workDir, 'stage'), join(workDir, 'broken'));
});
afterAll(() => rmSync(workDir, { recursive: true, force: true }));

function faults(packages: readonly PackedPackage[], folder: string, check: CheckName) {
  const packed = packages.find((each) => each.folder === folder);
  if (packed === undefined) throw new Error(`${folder} was not packed`);
  return checks[check](packed);
}

for (const { folder, name } of publicPackages(repoDir)) {
  describe.concurrent(name, () => {
    test.each(Object.keys(checks) as CheckName[])('%s', async (check) => {
      expect(await faults(good, folder, check)).toEqual([]);
    });
  });
}

describe('a broken package is found out', () => {
  test.each<[string, string, CheckName, RegExp]>([
    ['an export of nothing', 'transport-sse', 'manifest', /main\.js, which is not shipped/],
    ['an export of nothing', 'transport-sse', 'publint', /main\.js.* does not exist/],
    ['a source condition of nothing', 'broker-redis', 'manifest', /main\.ts, which is not shipped/],
    ['no types', 'store-redis', 'are the types wrong', /No types/],
    ['no dist', 'transport-ws', 'contents', /dist\/index\.js is missing/],
    ['source maps to nothing', 'core', 'contents', /maps to .*, which is not shipped/],
    ['an undeclared dependency', 'http', 'imports', /imports @realtime-notify\/core/],
    ['a zod of its own', 'http', 'manifest', /zod is not a peer/],
    ['a test file', 'auth-jwt', 'contents', /x\.test\.js should not be shipped/],
    ['a machine path', 'auth-jwt', 'contents', /holds the machine path/],
  ])('%s, %s: %s', async (_fault, folder, check, message) => {
    expect((await faults(broken, folder, check)).join('\n')).toMatch(message);
  });
});

/** Packs what a slip of the hand would have published. */
function packBroken(stageDir: string, brokenDir: string): Promise<PackedPackage[]> {
  const brokenStage = join(brokenDir, 'stage');
  cpSync(stageDir, brokenStage, { recursive: true, verbatimSymlinks: true });
  const replace = (file: string, what: string, by: string): void => {
    const path = join(brokenStage, 'packages', file);
    writeFileSync(path, readFileSync(path, 'utf8').replace(what, by));
  };
  replace('transport-sse/package.json', './dist/index.js', './dist/main.js');
  replace('broker-redis/package.json', './src/index.ts', './src/main.ts');
  replace('store-redis/package.json', '"dist",', '"dist", "!dist/**/*.d.ts",');
  replace('transport-ws/package.json', '"dist",', '');
  replace('core/package.json', '"src",', '');
  replace('http/package.json', '"@realtime-notify/core": "workspace:*"', '"zod": "^4.0.0"');
  const stray = join(brokenStage, 'packages/auth-jwt/dist/x.test.js');
  writeFileSync(stray, `// made in ${repoDir}\n`);
  return packStaged(brokenStage, brokenDir);
}
