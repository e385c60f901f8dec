import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { copyEdited } from './edited-copy.js';

const dir = mkdtempSync(join(tmpdir(), 'services-edited-'));
const from = join(dir, 'from');
afterAll(() => rmSync(dir, { recursive: true, force: true }));

copyEdited(join(import.meta.dirname, 'ferretdb'), from, []);
writeFileSync(join(from, 'a.txt'), 'one two three two', { mode: 0o444 });

test('copies all, even what is read-only, and edits the copy', () => {
  const to = join(dir, 'to');
  copyEdited(from, to, [{ file: 'a.txt', find: 'three', put: '$&' }]);
  expect(readFileSync(join(to, 'a.txt'), 'utf8')).toBe('one two $& two');
  const original = readFileSync(join(from, 'main.go'), 'utf8');
  expect(readFileSync(join(to, 'main.go'), 'utf8')).toBe(original);
});

test.each(['two', 'four'])('fails where %s is not there exactly once', (find) => {
  const edits = [{ file: 'a.txt', find, put: '' }];
  expect(() => copyEdited(from, join(dir, find), edits)).toThrow('does not hold once');
});
