import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { eventually } from './harness/eventually.js';
import { repoDir } from './harness/example.js';
import { mongoDatabase } from './harness/mongo-database.js';
import { postgresDatabase } from './harness/postgres-database.js';
import { redisDatabase } from './harness/redis-database.js';
import { type SharedStoreKind, storeAt } from './harness/store-at.js';

const writers = 8;
const appends = 1_000;
/** About a minute with FerretDB; much more where others work beside it. */
const timeoutMs = 600_000;
const program = fileURLToPath(new URL('./harness/store-writer.ts', import.meta.url));

const databases = {
  redis: redisDatabase,
  postgres: postgresDatabase,
  mongo: mongoDatabase,
} satisfies Record<SharedStoreKind, unknown>;

/** One process that appends to the channel once it is told to go. */
class Writer {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown[]>;
  #output = '';

  constructor(args: readonly string[]) {
    const node = ['--import', 'tsx', '--conditions=@realtime-notify/source'];
    this.#child = spawn(process.execPath, [...node, program, ...args], { cwd: repoDir });
    this.#ended = once(this.#child, 'close');
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (chunk) => {
        this.#output += chunk;
      });
    }
    onTestFinished(() => void this.#child.kill('SIGKILL'));
  }

  async ready(): Promise<void> {
    await eventually('the writer is ready', () => {
      if (this.#child.exitCode !== null) throw new Error(`it ended:\n${this.#output}`);
      return this.#output.startsWith('ready\n');
    });
  }

  go(): void {
    this.#child.stdin?.write('go\n');
  }

  async offsets(): Promise<readonly number[]> {
    await this.#ended;
    expect(this.#child.exitCode, this.#output).toBe(0);
    return [...this.#output.matchAll(/\d+/g)].map(Number);
  }
}

test.each(['redis', 'postgres', 'mongo'] as const)(
  `S1 ${writers} processes append to one channel in %s, ${appends} times each: no hole, no repeat`,
  async (kind) => {
    const database = await databases[kind]();
    onTestFinished(() => database.release());
    const channel = `user:${randomUUID()}`;
    const processes = Array.from(
      { length: writers },
      () => new Writer([kind, database.url, channel, String(appends)]),
    );
    await Promise.all(processes.map((writer) => writer.ready()));
    for (const writer of processes) writer.go();
    const perWriter = await Promise.all(processes.map((writer) => writer.offsets()));
    for (const own of perWriter) expect(own).toEqual(own.toSorted((a, b) => a - b));
    const expected = Array.from({ length: writers * appends }, (_, i) => i + 1);
    expect(perWriter.flat().toSorted((a, b) => a - b)).toEqual(expected);

    const store = storeAt(kind, database.url);
    onTestFinished(() => store.close());
    await store.start();
    const [page] = await store.readAfter([{ channel, after: 0, limit: expected.length + 1 }]);
    expect(page?.items.map(({ offset }) => offset)).toEqual(expected);
    expect(page?.head.offset).toBe(expected.length);
  },
  timeoutMs,
);
