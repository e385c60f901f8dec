import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { withLock } from './lock.js';

const dir = mkdtempSync(join(tmpdir(), 'services-lock-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test('one at a time, in spite of failures', async () => {
  const file = join(dir, 'one');
  let inside = 0;
  const work = async (fails: boolean) => {
    expect(++inside).toBe(1);
    await new Promise(setImmediate);
    inside -= 1;
    if (fails) throw new Error('no');
    return 'done';
  };
  const all = [true, false, false].map((fails) => withLock(file, 5_000, () => work(fails)));
  const outcomes = await Promise.allSettled(all);
  expect(outcomes.map((outcome) => outcome.status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
});

test('the lock of a process that has died is taken over', async () => {
  const file = join(dir, 'dead');
  writeFileSync(file, `${process.pid} another time`);
  await expect(withLock(file, 5_000, async () => 'done')).resolves.toBe('done');
});
