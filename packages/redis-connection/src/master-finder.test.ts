import { expect, test } from 'vitest';
import { MasterFinder } from './master-finder.js';
import { MasterUnknown } from './redis-refusal.js';
import type { HostPort } from './redis-source.js';

const [a, b, c] = ['a', 'b', 'c'].map((host) => ({ host, port: 26_379 }));
const sentinels = [a, b, c].filter((one) => one !== undefined);
const master: HostPort = { host: 'm', port: 6_379 };
const { signal } = new AbortController();

/** A finder over Sentinels that answer as told, and the hosts that it asked. */
function finderOver(answers: Record<string, HostPort | Error>) {
  const asked: string[] = [];
  const finder = new MasterFinder(sentinels, async ({ host }) => {
    asked.push(host);
    const answer = answers[host];
    if (answer === undefined || answer instanceof Error) throw answer ?? new Error('away');
    return answer;
  });
  return { finder, asked };
}

test('Sentinels are asked in turn, and first the one that answered last', async () => {
  const { finder, asked } = finderOver({ b: master });
  expect(await finder.find(signal)).toBe(master);
  expect(await finder.find(signal)).toBe(master);
  expect(asked).toEqual(['a', 'b', 'b']);
});

test('where none can tell, a refusal is told before any other failure', async () => {
  const unreachable = new Error('connect ECONNREFUSED');
  const unknown = new MasterUnknown('main');
  await expect(finderOver({ a: unknown, b: unreachable }).finder.find(signal)).rejects.toBe(
    unknown,
  );
  const { finder } = finderOver({ a: new Error('first'), b: new Error('next'), c: unreachable });
  await expect(finder.find(signal)).rejects.toBe(unreachable);
});

test('once it is ended no further Sentinel is asked', async () => {
  const ending = new AbortController();
  const asked: string[] = [];
  const finder = new MasterFinder(sentinels, async ({ host }) => {
    asked.push(host);
    ending.abort(new Error('ended'));
    throw new Error('away');
  });
  await expect(finder.find(ending.signal)).rejects.toThrow('ended');
  expect(asked).toEqual(['a']);
});
