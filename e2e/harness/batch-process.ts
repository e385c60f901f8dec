import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { asObject } from './notification.js';

const repoDir = fileURLToPath(new URL('../../', import.meta.url));
const spyFile = new URL('./network-spy.ts', import.meta.url).href;

/** What came of a batch. */
export interface BatchOutcome {
  readonly exitCode: number | null;
  readonly enqueued: unknown;
  readonly undelivered: unknown;
  readonly stderr: string;
  /** What the process did on the network, as `network-spy.ts` noted it. */
  readonly network: readonly string[];
}

/** `examples/batch` as a process that takes user ids until it is told that there are no more. */
export class BatchProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #dir: string;
  readonly #exited: Promise<unknown[]>;
  #stdout = '';
  #stderr = '';

  private constructor(dir: string, env: NodeJS.ProcessEnv) {
    this.#dir = dir;
    const source = ['--import', 'tsx', '--conditions=@realtime-notify/source'];
    const spy = ['--import', spyFile];
    this.#child = spawn(process.execPath, [...source, ...spy, 'examples/batch/src/main.ts'], {
      cwd: repoDir,
      env: { ...process.env, USERS: '', ...env, NETWORK_SPY_FILE: this.#networkFile },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#exited = once(this.#child, 'close');
    this.#child.stdout.on('data', (chunk) => {
      this.#stdout += chunk;
    });
    this.#child.stderr.on('data', (chunk) => {
      this.#stderr += chunk;
    });
  }

  static async start(env: NodeJS.ProcessEnv): Promise<BatchProcess> {
    const dir = await mkdtemp(join(tmpdir(), 'realtime-notify-batch-'));
    await writeFile(join(dir, 'network'), '');
    return new BatchProcess(dir, env);
  }

  get output(): string {
    return this.#stdout + this.#stderr;
  }

  notify(users: readonly string[]): void {
    this.#child.stdin.write(users.map((user) => `${user}\n`).join(''));
  }

  /** There are no more users. Resolves when it has ended. */
  async finish(): Promise<BatchOutcome> {
    this.#child.stdin.end();
    await this.#exited;
    const told = this.#stdout === '' ? {} : asObject(JSON.parse(this.#stdout), 'a batch outcome');
    const network = (await readFile(this.#networkFile, 'utf8')).split('\n').filter(Boolean);
    const { enqueued, undelivered } = told;
    const stderr = this.#stderr;
    return { exitCode: this.#child.exitCode, enqueued, undelivered, stderr, network };
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
    await rm(this.#dir, { recursive: true, force: true });
  }

  get #networkFile(): string {
    return join(this.#dir, 'network');
  }
}
