import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { countTests, summarize } from './count.js';
import { rootDir, run } from './run.js';
import { startTestServices } from './test-services.js';

const vitestArgs = process.argv.slice(2);
const resultsDir = join(rootDir, '.services', 'test');
const resultsFile = join(resultsDir, 'results.json');
const failedSteps: string[] = [];
const interruption = new AbortController();
const { signal } = interruption;
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => interruption.abort());

async function step(name: string, program: string, ...args: string[]): Promise<void> {
  console.log(`\n— ${name}`);
  if (signal.aborted) return;
  const { ok } = await run(program, args, { signal });
  if (!ok) failedSteps.push(name);
}

async function vitest(env: NodeJS.ProcessEnv): Promise<boolean> {
  rmSync(resultsFile, { force: true });
  mkdirSync(resultsDir, { recursive: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${resultsFile}`];
  const { ok } = await run('vitest', ['run', ...reporters, ...vitestArgs], { env, signal });
  return ok;
}

async function vitestWithServices(): Promise<boolean> {
  console.log('\n— services');
  const services = await startTestServices();
  if (!services.ok) failedSteps.push('services');
  try {
    return await vitest(services.env);
  } finally {
    await services.down();
  }
}

const withoutServices: readonly (string | undefined)[] = ['unit', 'packages'];

/** `npm test -- --project unit` stays quick. */
function needsServices(): boolean {
  const projects = vitestArgs.flatMap((arg, index) => {
    if (arg === '--project') return [vitestArgs[index + 1]];
    return arg.startsWith('--project=') ? [arg.slice('--project='.length)] : [];
  });
  return projects.length === 0 || projects.some((each) => !withoutServices.includes(each));
}

function readReport(): unknown {
  try {
    return JSON.parse(readFileSync(resultsFile, 'utf8'));
  } catch {
    return undefined;
  }
}

await step('types of the packages', 'tsc', '-b');
await step('types of tests, examples and scripts', 'tsc', '-p', 'tsconfig.test.json');
await step('lint', 'biome', 'check', '.');
await step('unused code', 'knip');
if (signal.aborted) process.exit(130);
const vitestFailed = !(needsServices() ? await vitestWithServices() : await vitest({}));
const { line, ok } = summarize(countTests(readReport()), {
  failedSteps: failedSteps.length,
  vitestFailed,
});
if (failedSteps.length > 0) console.log(`\nfailed: ${failedSteps.join(', ')}`);
console.log(`\n${line}`);
process.exitCode = ok && !signal.aborted ? 0 : 1;
