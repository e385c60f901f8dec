import { expect, test } from 'vitest';
import { startTimeIn } from './process-identity.js';

const stat = (state: string, threads: number): string =>
  `7 (redis) server) ${state} 1 7 7 0 -1 4194560 9 0 0 0 1 2 0 0 20 0 ${threads} 0 4711 99`;

test.each([
  ['a running process', 'S', 5, '4711'],
  ['one that was killed and whose other threads still end', 'Z', 4, '4711'],
  ['one of which only the exit code is left', 'Z', 1, undefined],
  ['a dead one', 'X', 0, undefined],
])('%s', (_, state, threads, startTime) => {
  expect(startTimeIn(stat(state, threads))).toBe(startTime);
});
