import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A test that carries the id of a guard. */
export interface GuardTest {
  /** `L-` and the name of a limit, or the id of a hostile case. */
  readonly id: string;
  readonly title: string;
  /** Below the root of the repository, with slashes. */
  readonly file: string;
}

/** A title as the first argument of `test`, `it`, or what their `each` returns. */
const titlePattern = /(?:\b(?:test|it)|[\])])\(\s*(['"`])([LH]-[\w-]+) (.*?[^\\])\1/gs;

/** The titles in a test file that begin with an id. Pure. */
export function guardTestsIn(file: string, text: string): readonly GuardTest[] {
  return [...text.matchAll(titlePattern)].map(([, , id = '', title = '']) => ({ id, title, file }));
}

/** Those of the whole repository, by file. */
export function findGuardTests(rootDir: string): readonly GuardTest[] {
  return ['packages', 'e2e']
    .flatMap((folder) => testFiles(rootDir, folder))
    .sort()
    .flatMap((file) => guardTestsIn(file, readFileSync(join(rootDir, file), 'utf8')));
}

function testFiles(rootDir: string, folder: string): readonly string[] {
  return readdirSync(join(rootDir, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) {
      return ['node_modules', 'dist'].includes(entry.name) ? [] : testFiles(rootDir, path);
    }
    return entry.name.endsWith('.test.ts') ? [path] : [];
  });
}
