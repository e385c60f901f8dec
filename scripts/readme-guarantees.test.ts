import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { repoDir } from './services/paths.js';

const readme = readFileSync(join(repoDir, 'README.md'), 'utf8');
const rows = [...readme.matchAll(/^\| (G\d+) \| .* \| (.*) \|$/gm)].map(
  ([, id = '', links = '']) => ({
    id,
    files: [...links.matchAll(/\]\(([^)]+)\)/g)].map(([, file = '']) => file),
  }),
);

test('the README lists all guarantees', () => {
  expect(rows.map(({ id }) => id)).toEqual(Array.from({ length: 11 }, (_, n) => `G${n + 1}`));
});

test.each(rows)(
  '$id names files that there are, and one with a test that carries the id',
  ({ id, files }) => {
    expect(files.filter((file) => !existsSync(join(repoDir, file)))).toEqual([]);
    const carries = new RegExp(`test\\('(?:G\\d+ )*${id} `);
    const tests = files.filter((file) => file.endsWith('.test.ts'));
    const proving = tests.filter((file) => carries.test(readFileSync(join(repoDir, file), 'utf8')));
    expect(proving).not.toEqual([]);
  },
);
