import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { limitsPage } from './limits-page.js';

test('docs/limits.md is what the table of limits says', () => {
  const page = readFileSync(new URL('../docs/limits.md', import.meta.url), 'utf8');
  expect(page, 'run: npm run docs:limits').toBe(limitsPage());
});
