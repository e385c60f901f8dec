import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { plantPlugin } from './plants/plant-plugin.js';
import { plants } from './plants/plants.js';

const reportSchema = z.object({
  testResults: z.array(
    z.object({
      message: z.string(),
      assertionResults: z.array(
        z.object({ title: z.string(), status: z.string(), failureMessages: z.array(z.string()) }),
      ),
    }),
  ),
});
type Report = z.output<typeof reportSchema>['testResults'];
type Result = Report[number]['assertionResults'][number];

let scratch: string;
let report: Report;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'plants-'));
  const file = join(scratch, 'report.json');
  const output = await runVitest(['--reporter=json', `--outputFile=${file}`]);
  const text = await readFile(file, 'utf8').catch(() => Promise.reject(new Error(output)));
  report = reportSchema.parse(JSON.parse(text)).testResults;
}, 300_000);

afterAll(() => rm(scratch, { recursive: true, force: true }));

test('without a plant the model test is green', () => {
  expect(resultOf('none')).toMatchObject({ status: 'passed' });
});

const titles = [...plants].map(([number, { why }]) => [number, why] as const);

test.each(titles)('PLANT=%s, %s: red within 1,000 histories', (number) => {
  const result = resultOf(number);
  expect(result.status).toBe('failed');
  const message = result.failureMessages.join('\n');
  expect(message).toMatch(/Property failed after \d{1,3} tests/);
  expect(message).toContain('Violation');
});

test('a plant whose place has changed fails loudly', () => {
  const { transform } = plantPlugin('1');
  expect(() => Reflect.apply(Object(transform), undefined, ['no such text', feedFile])).toThrow(
    'exactly once',
  );
  expect(() => plantPlugin('9')).toThrow('PLANT is 1 to 8');
});

const feedFile = join(import.meta.dirname, '../../core/src/feeds/feed.ts');

function resultOf(name: string): Result {
  const result = report
    .flatMap(({ assertionResults }) => assertionResults)
    .find(({ title }) => title.startsWith(`plant ${name}:`));
  if (result === undefined) {
    const messages = report.map(({ message }) => message).join('\n');
    throw new Error(`nothing was run for plant ${name}\n${messages}`);
  }
  return result;
}

/** Runs the model test with each plant in a vitest of their own; resolves with what it printed. */
function runVitest(args: readonly string[]): Promise<string> {
  const program = join(
    dirname(fileURLToPath(import.meta.resolve('vitest/package.json'))),
    'vitest.mjs',
  );
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(VITEST|PLANT|MODEL_)/.test(name)),
  );
  const config = join(import.meta.dirname, 'plants/vitest.config.ts');
  return new Promise((resolve) => {
    const parts = [program, 'run', `--config=${config}`, ...args];
    // The exit code says that plants were found, which they must be.
    execFile(process.execPath, parts, { cwd: import.meta.dirname, env }, (_, stdout, stderr) => {
      resolve(stdout + stderr);
    });
  });
}
