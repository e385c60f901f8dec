import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Ledger } from '../bench/load/ledger.js';
import { everybody, messageOf } from '../bench/message.js';

const repoDir = fileURLToPath(new URL('../', import.meta.url));
const args = ['--import', 'tsx', '--conditions=@realtime-notify/source', 'bench/main.ts'];
const usual = [
  'ws-naive',
  'ws-framed',
  'socket.io',
  'ours-ws',
  'sse-raw',
  'better-sse',
  'ours-sse',
];
let resultsDir: string;

beforeEach(async () => {
  resultsDir = await mkdtemp(join(tmpdir(), 'bench-'));
});
afterEach(() => rm(resultsDir, { recursive: true }));

/** A bench with 20 connections and one short round. */
async function bench(name: string, more: Record<string, string> = {}) {
  const small = {
    CONNECTIONS: '20',
    ROUNDS: '1',
    TICKS: '4',
    BURST: '5',
    BURSTS: '2',
    STEADY_MS: '200',
    USERS: '300',
    TIMES: '2',
  };
  const env = { PATH: process.env.PATH, RESULTS_DIR: resultsDir, ...small, ...more };
  const child = spawn(process.execPath, [...args, name], { cwd: repoDir, env });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  const [code] = await once(child, 'close');
  return { code, output };
}

describe.each([
  ['fanout', usual],
  ['unicast', ['ours-ws', 'ours-sse']],
  ['idle', ['ours-ws', 'ours-sse']],
  ['connect', ['ours-ws', 'ours-sse']],
  ['audience', ['ours-ws', 'ours-redis']],
])('bench %s', (name, variants) => {
  it('takes every variant through it and writes its figures', async () => {
    const more = variants === usual ? {} : { VARIANTS: variants.join(',') };
    const { code, output } = await bench(name, more);
    expect(code, output).toBe(0);
    const [file = ''] = await readdir(resultsDir);
    expect(file).toMatch(new RegExp(`^${name}-\\d{4}-\\d\\d-\\d\\d\\.json$`));
    const report = JSON.parse(await readFile(join(resultsDir, file), 'utf8'));
    expect(report).toMatchObject({
      bench: name,
      node: process.version,
      settings: { connections: 20, rounds: 1 },
      results: variants.map((variant) => ({ variant, rounds: [expect.anything()] })),
    });
    for (const { variant, medians } of report.results) {
      for (const figure of Object.values(medians)) expect(figure, variant).toBeTypeOf('number');
      expect(output).toContain(variant);
    }
    expect(JSON.stringify(report)).not.toContain(repoDir);
  });
});

describe('a bench', () => {
  it('fails when one receiver misses one message', async () => {
    const { code, output } = await bench('fanout', { VARIANTS: 'ws-lossy' });
    expect(code).toBe(1);
    expect(output).toMatch(/ws-lossy: .*(messages came|was next)/);
    expect(await readdir(resultsDir)).toEqual([]);
  });

  it('of inboxes writes what marking, listing and counting cost', async () => {
    const { code, output } = await bench('inbox');
    expect([code, output]).toEqual([0, expect.stringContaining('mark read CPU ms')]);
    expect(await readdir(resultsDir)).toEqual([expect.stringMatching(/^inbox-/)]);
  });

  it('knows its variants', async () => {
    const { code, output } = await bench('fanout', { VARIANTS: 'ws-nave' });
    expect(code).toBe(1);
    expect(output).toContain('variants: ws-naive');
  });
});

describe('the receivers', () => {
  const bytesOf = (sequence: number, receiver = everybody) =>
    Buffer.from(JSON.stringify(messageOf(sequence, receiver)));

  function taking(...chunks: readonly Buffer[]): Ledger {
    const ledger = new Ledger();
    const receiver = ledger.add();
    for (const chunk of chunks) ledger.take(receiver, chunk);
    return ledger;
  }

  it('count each message once, wherever the stream is torn', () => {
    const stream = Buffer.concat([bytesOf(0), bytesOf(1, 0), bytesOf(2)]);
    for (let at = 0; at <= stream.length; at += 1) {
      expect(taking(stream.subarray(0, at), stream.subarray(at)).received, `torn at ${at}`).toBe(3);
    }
    const bytewise = Array.from(stream, (byte) => Buffer.of(byte));
    expect(taking(...bytewise).received).toBe(3);
  });

  it.each([
    ['a lost', [bytesOf(0), bytesOf(2)]],
    ['a repeated', [bytesOf(0), bytesOf(0)]],
    ['an overtaken', [bytesOf(1), bytesOf(0)]],
    ["another's", [bytesOf(0, 1)]],
  ])('refuse %s message', (_, chunks) => {
    expect(() => taking(...chunks)).toThrow('receiver 0 got');
  });
});
