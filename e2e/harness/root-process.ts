import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import { eventually } from './eventually.js';
import { repoDir } from './example.js';

const conditions = '--conditions=@realtime-notify/source';

/**
 * A program of `examples/roots` as a process, for one test. What its streams show has come by the broker's lane: the
 * position check, which would find it in the store otherwise, does not come.
 */
export class RootProcess {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown[]>;
  #output = '';

  constructor(root: string, mode: string, env: NodeJS.ProcessEnv) {
    const file = `examples/roots/${root}/main.ts`;
    const preloads = ['tsx', './e2e/harness/lane-only/preload.ts'];
    const args = [...preloads.flatMap((each) => ['--import', each]), conditions, file, mode];
    this.#child = spawn(process.execPath, args, {
      cwd: repoDir,
      env: { PATH: process.env.PATH, ...env },
    });
    this.#exited = once(this.#child, 'exit');
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (chunk) => {
        this.#output += chunk;
      });
    }
    onTestFinished(() => void this.#child.kill('SIGKILL'));
  }

  /** Resolves with `http://127.0.0.1:port` once it serves. */
  async ready(): Promise<string> {
    let base: string | undefined;
    await eventually('it serves', () => {
      if (this.#child.exitCode !== null) throw new Error(`it ended:\n${this.#output}`);
      base = /^ready (http:\S+)$/m.exec(this.#output)?.[1];
      return base !== undefined;
    });
    return base ?? '';
  }

  /** Writes to its standard input, and ends that. */
  input(text: string): void {
    this.#child.stdin?.end(text);
  }

  terminate(): void {
    this.#child.kill('SIGTERM');
  }

  /** Ends it without a word. */
  kill9(): void {
    this.#child.kill('SIGKILL');
  }

  /** Resolves with its exit code and all that it wrote. */
  async ended(): Promise<{ readonly code: number | null; readonly output: string }> {
    await this.#exited;
    return { code: this.#child.exitCode, output: this.#output };
  }
}
