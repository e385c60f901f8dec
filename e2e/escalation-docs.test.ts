import { spawn } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { type Preferences, resolvePreferences } from '../packages/core/src/index.js';
import { eventually } from './harness/eventually.js';

const page = readFileSync(new URL('../docs/escalation.md', import.meta.url), 'utf8');
const [, program = '', preferences = ''] = page
  .split(/```ts\n/)
  .map((part) => part.split('```')[0]);

test('the program of docs/escalation.md, with minutes of 60 ms, sends the mail that it says', async () => {
  // Beside the example, whose dependencies are those that the code imports.
  const file = fileURLToPath(new URL(`../examples/batch/docs-${process.pid}.ts`, import.meta.url));
  const faster = program.replace('const minute = 60_000', 'const minute = 60');
  expect(faster).not.toBe(program);
  writeFileSync(file, `${faster}\nsetTimeout(() => notifier.close(), 3_000);\n`);
  onTestFinished(() => rmSync(file));
  const args = ['--import', 'tsx', '--conditions=@realtime-notify/source', file];
  const child = spawn(process.execPath, args);
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  await eventually(
    'it has ended',
    () => child.exitCode !== null,
    () => output,
  );
  const [, promised] = /\/\/ (mail to .*)$/m.exec(program) ?? [];
  expect(output).toBe(`${promised}\n`);
});

test('the preferences of docs/escalation.md are such', () => {
  const [, literal = ''] = /= (\{[\s\S]*\});/.exec(preferences) ?? [];
  const own = new Function(`return ${literal}`) as () => Preferences;
  expect(resolvePreferences({}, own()).quietHours).toMatchObject({ timeZone: 'Europe/Berlin' });
});
