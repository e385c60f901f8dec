import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { errorsPage } from './errors-page.js';

test('docs/errors.md is what the table of error codes says', () => {
  const page = readFileSync(new URL('../docs/errors.md', import.meta.url), 'utf8');
  expect(page, 'run: pnpm docs:errors').toBe(errorsPage());
});
