import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const page = join(import.meta.dirname, '../../../../docs/write-a-broker.md');

/** The code of each file on the page: its blocks in their order, a blank line between. */
async function filesOnPage(): Promise<ReadonlyMap<string, string>> {
  const blocks = (await readFile(page, 'utf8')).matchAll(/^```ts (\S+)\n(.*?)\n```$/gms);
  const files = new Map<string, string[]>();
  for (const [, name = '', code = ''] of blocks) {
    files.set(name, [...(files.get(name) ?? []), code]);
  }
  return new Map([...files].map(([name, parts]) => [name, `${parts.join('\n\n')}\n`]));
}

test('the code on the page is the code that the contract is run against', async () => {
  const onPage = await filesOnPage();
  const here = (await readdir(import.meta.dirname)).filter((name) => name !== 'guide.test.ts');
  expect([...onPage.keys()].toSorted()).toEqual(here.toSorted());
  for (const name of here) {
    expect(onPage.get(name), name).toBe(await readFile(join(import.meta.dirname, name), 'utf8'));
  }
});
