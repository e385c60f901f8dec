import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { findGuardTests, guardTestsIn } from './guards/guard-tests.js';
import { guardIds, guardsPage, rootDir } from './guards-page.js';

const tests = findGuardTests(rootDir);

test('docs/guards.md is what the tables and the titles of the tests say', () => {
  const page = readFileSync(new URL('../docs/guards.md', import.meta.url), 'utf8');
  expect(page, 'run: npm run docs:guards').toBe(guardsPage(tests));
});

test.each(guardIds)('%s has a test', (id) => {
  expect(tests.filter((each) => each.id === id)).not.toEqual([]);
});

test('every test with an id is of a guard that exists', () => {
  expect(tests.filter(({ id }) => !guardIds.includes(id))).toEqual([]);
});

describe('titles with an id are found', () => {
  const found = (text: string) => guardTestsIn('a.test.ts', text);
  const one = { id: 'L-users', title: 'too many', file: 'a.test.ts' };

  test.each([
    ["test('L-users too many', () => {})"],
    ['it("L-users too many", () => {})'],
    ["test.each(cases)('L-users too many', () => {})"],
    ["test.each([\n  1,\n])(\n  'L-users too many',\n  () => {})"],
  ])('%s', (text) => {
    expect(found(text)).toEqual([one]);
  });

  test('and nothing else is', () => {
    expect(found("test('too many L-users', f); say('L-users too many'); // L-users x")).toEqual([]);
  });
});
