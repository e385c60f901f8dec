import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** An example server that can be started as a process. */
export interface Example {
  readonly name: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

export interface RunningExample {
  /** `http://127.0.0.1:port` */
  readonly base: string;
  readonly process: ChildProcess;
  /** What it has written so far. */
  readonly output: { readonly stdout: string; readonly stderr: string };
}

export const repoDir = fileURLToPath(new URL('../../', import.meta.url));

const environment = { PATH: process.env.PATH, BROKER: '', STORE: '', PORT: '0' };

const example = (name: string, dir: string, env: NodeJS.ProcessEnv = {}): Example => ({
  name,
  args: [
    ...['--import', 'tsx', '--conditions=@realtime-notify/source'],
    `examples/${dir}/src/main.ts`,
  ],
  env: { ...environment, ...env },
});

// Nest's has decorators, which tsx compiles where a tsconfig says so.
const nestOn = (platform: string): NodeJS.ProcessEnv => ({
  TSX_TSCONFIG_PATH: 'tsconfig.test.json',
  PLATFORM: platform,
});

export const expressExample = example('Express', 'express');

/** The servers that keep the same contract. */
export const examples: readonly Example[] = [
  expressExample,
  example('Koa', 'koa'),
  example('Nest on Express', 'nest', nestOn('express')),
  example('Nest on Fastify', 'nest', nestOn('fastify')),
];

/** Starts an example on memory; resolves with its first line. */
export async function startExample({ args, env }: Example): Promise<RunningExample> {
  const child = spawn(process.execPath, args, { cwd: repoDir, env });
  const output = { stdout: '', stderr: '' };
  child.stderr.on('data', (chunk) => {
    output.stderr += chunk;
  });
  await new Promise<void>((resolve, reject) => {
    child.once('exit', () => reject(new Error(`the example ended:\n${output.stderr}`)));
    child.stdout.on('data', (chunk) => {
      output.stdout += chunk;
      if (output.stdout.includes('\n')) resolve();
    });
  });
  const base = /^ready (http:\/\/127\.0\.0\.1:\d+)$/m.exec(output.stdout)?.[1] ?? '';
  return { base, process: child, output };
}
