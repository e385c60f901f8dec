import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { parseState, readState, type ServiceRecord, writeState } from './state.js';

const record: ServiceRecord = {
  name: 'redis',
  origin: 'programs',
  wish: '',
  env: { name: 'REDIS_URL', value: 'redis://127.0.0.1:1' },
  processes: [{ pid: 4711, startTime: '99', log: 'redis.log' }],
};
const text = (services: unknown) => JSON.stringify({ services });

describe('state', () => {
  const dir = mkdtempSync(join(tmpdir(), 'services-state-'));
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  test('is read as it was written, and empty where there is none', () => {
    const file = join(dir, 'run', 'state.json');
    expect(readState(file)).toEqual([]);
    writeState([record], file);
    expect(readState(file)).toEqual([record]);
  });

  test.each([
    ['an unknown service', { ...record, name: 'oracle' }],
    ['an unknown origin', { ...record, origin: 'elsewhere' }],
    ['the pid of everything', { ...record, processes: [{ pid: -1, startTime: '9', log: 'x' }] }],
    ['the pid of init', { ...record, processes: [{ pid: 1, startTime: '9', log: 'x' }] }],
    ['a pid without start time', { ...record, processes: [{ pid: 9, log: 'x' }] }],
    ['no address', { ...record, env: undefined }],
  ])('refuses %s', (_what, broken) => {
    expect(() => parseState(text([broken]))).toThrow('not one of ours');
  });

  test('refuses another shape altogether', () => {
    expect(() => parseState('[]')).toThrow('not one of ours');
    expect(() => parseState('null')).toThrow('not one of ours');
    expect(() => parseState('{')).toThrow();
  });
});
