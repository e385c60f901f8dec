import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { eventually, freshChannel, sampleDraft } from '@realtime-notify/contract-kit';
import { MongoClient } from 'mongodb';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { mongoStore } from '../src/index.js';
import { outboxOf, StandInTransaction } from './stand-in-transactions.js';
import { dropRunDatabase, freshPrefix, mongoUrl, runDatabase } from './test-mongo.js';

const kills = 8;
const perRound = 40;
const program = fileURLToPath(new URL('./programs/relay.ts', import.meta.url));
const repoDir = fileURLToPath(new URL('../../..', import.meta.url));

afterAll(dropRunDatabase);

/** A process that relays, and what it has said so far. */
class Relay {
  readonly #child: ChildProcess;
  output = '';

  constructor(collectionPrefix: string) {
    const args = ['--conditions=@realtime-notify/source', '--import', 'tsx', program];
    const where = [mongoUrl, runDatabase, collectionPrefix];
    this.#child = spawn(process.execPath, [...args, ...where], { cwd: repoDir });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (chunk) => {
        this.output += chunk;
      });
    }
    onTestFinished(() => void this.#child.kill('SIGKILL'));
  }

  async says(what: RegExp): Promise<void> {
    await eventually(() => {
      if (this.#child.exitCode !== null) throw new Error(this.output);
      expect(this.output).toMatch(what);
    });
  }

  async kill(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}

test(`O2 O3 relays killed -9 ${kills} times: each draft once, in order`, async () => {
  const collectionPrefix = freshPrefix();
  // One connection, so that numbers are given out once where updates are not indivisible.
  const client = await new MongoClient(mongoUrl, { maxPoolSize: 1 }).connect();
  onTestFinished(() => client.close());
  const where = { database: runDatabase, collectionPrefix };
  // Keys of idempotency are of no help here.
  const store = mongoStore({ client, ...where, idempotencyWindowMs: 1, commandTimeoutMs: 20_000 });
  onTestFinished(() => store.close());
  await store.start();
  const place = { db: client.db(runDatabase), collectionPrefix };
  const channels = Array.from({ length: 6 }, () => freshChannel());
  const expected = new Map(channels.map((channel): [string, string[]] => [channel, []]));
  let relay = new Relay(collectionPrefix);
  await relay.says(/^ready\n/);
  for (let killed = 0; killed < kills; killed += 1) {
    const fresh = new Relay(collectionPrefix);
    await fresh.says(/^ready\n/);
    for (let n = 0; n < perRound; n += 2) {
      const channel = channels[(n / 2) % channels.length] ?? '';
      const drafts = [sampleDraft(channel), sampleDraft(channel)];
      expected.get(channel)?.push(...drafts.map(({ id }) => id));
      const transaction = new StandInTransaction(place);
      await transaction.put(drafts);
      await transaction.commit();
      // In the middle of it, a little later each round.
      if (n === 2 * killed + 10) await relay.kill();
    }
    relay = fresh;
  }
  await eventually(async () => expect(await outboxOf(place).countDocuments()).toBe(0), 60_000);
  const requests = channels.map((channel) => ({ channel, after: 0, limit: 1_000 }));
  const pages = await store.readAfter(requests);
  expect(pages.map(({ items }) => items.map(({ id }) => id))).toEqual([...expected.values()]);
}, 180_000);
