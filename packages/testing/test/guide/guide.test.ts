import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const page = readFileSync(join(import.meta.dirname, '../../../../docs/testing.md'), 'utf8');

test.each(['orders.ts', 'orders.test.ts'])('%s is on the page as it is run', (name) => {
  const [, code] =
    new RegExp(`^\`\`\`ts ${name.replaceAll('.', '\\.')}\\n(.*?)^\`\`\`$`, 'ms').exec(page) ?? [];
  expect(code).toBe(readFileSync(join(import.meta.dirname, name), 'utf8'));
});
