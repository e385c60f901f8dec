import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { eventually, freshChannel, sampleDraft } from '@realtime-notify/contract-kit';
import type { Store } from '@realtime-notify/core';
import { Pool } from 'pg';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { postgresStore } from '../src/index.js';
import { dropSchema, postgresMustAnswer, postgresUrl, runSchema } from './test-postgres.js';

const transactions = 1_000;
const kills = 20;
const program = fileURLToPath(new URL('./programs/relay.ts', import.meta.url));
const repoDir = fileURLToPath(new URL('../../..', import.meta.url));

beforeAll(postgresMustAnswer);
afterAll(() => dropSchema(runSchema));

/** A process that relays, and what it has said so far. */
class Relay {
  readonly #child: ChildProcess;
  #output = '';

  constructor() {
    const args = ['--conditions=@realtime-notify/source', '--import', 'tsx', program];
    this.#child = spawn(process.execPath, [...args, postgresUrl, runSchema], { cwd: repoDir });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (chunk) => {
        this.#output += chunk;
      });
    }
    onTestFinished(() => void this.#child.kill('SIGKILL'));
  }

  async ready(): Promise<void> {
    await eventually(() => {
      if (this.#child.exitCode !== null) throw new Error(this.#output);
      expect(this.#output).toMatch(/^ready\n/);
    });
  }

  async kill(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}

test(`O1 O2 ${transactions} transactions at once, relays killed -9 ${kills} times: each notification once, in order; a rollback notifies nobody`, async () => {
  const store = postgresStore({ url: postgresUrl, schema: runSchema });
  onTestFinished(() => store.close());
  await store.start();
  const { outbox } = store;
  if (outbox === undefined) throw new Error('the store has no outbox');
  // A host's own pool, as its requests use it.
  const host = new Pool({ connectionString: postgresUrl, max: 40 });
  onTestFinished(() => host.end());
  await host.query(`CREATE TABLE ${runSchema}.orders (id uuid PRIMARY KEY)`);
  const channels = Array.from({ length: 25 }, () => freshChannel());
  let relays = [new Relay(), new Relay()];
  await Promise.all(relays.map((relay) => relay.ready()));

  const order = async (n: number): Promise<boolean> => {
    const client = await host.connect();
    try {
      await client.query('BEGIN');
      const channel = channels[n % channels.length] ?? '';
      const drafts = [0, 1].map((i) => sampleDraft(channel, { dataJson: `"${n}.${i}"` }));
      await client.query(`INSERT INTO ${runSchema}.orders VALUES ($1)`, [drafts[0]?.id]);
      for (const draft of drafts) await outbox.put(client, [draft]);
      const isKept = n % 10 !== 9;
      await client.query(isKept ? 'COMMIT' : 'ROLLBACK');
      return isKept;
    } finally {
      client.release();
    }
  };
  const kept: number[] = [];
  let begun = 0;
  for (let killed = 0; killed < kills; killed += 1) {
    const fresh = new Relay();
    await fresh.ready();
    const orders = Array.from({ length: transactions / kills }, async () => {
      const n = begun;
      begun += 1;
      if (await order(n)) kept.push(n);
    });
    // In the middle of it, as soon as there is something to relay.
    await Promise.race(orders);
    const [oldest, ...others] = relays;
    await oldest?.kill();
    relays = [...others, fresh];
    await Promise.all(orders);
  }
  await expectOnce(store, channels, kept);
  const { rows } = await host.query(`SELECT count(*)::int AS orders FROM ${runSchema}.orders`);
  expect(rows).toEqual([{ orders: kept.length }]);
}, 240_000);

async function expectOnce(
  store: Store,
  channels: readonly string[],
  kept: readonly number[],
): Promise<void> {
  const wanted = kept.flatMap((n) => [`${n}.0`, `${n}.1`]).toSorted();
  const seen = await eventually(async () => {
    const requests = channels.map((channel) => ({ channel, after: 0, limit: 10_000 }));
    const pages = await store.readAfter(requests);
    const texts = pages.map(({ items }) =>
      items.map(({ dataJson }) => String(JSON.parse(dataJson))),
    );
    expect(texts.flat().length).toBeGreaterThanOrEqual(wanted.length);
    return texts;
  });
  expect(seen.flat().toSorted()).toEqual(wanted);
  // What one transaction put for a channel stands there in that order.
  for (const texts of seen) {
    for (const text of texts.filter((each) => each.endsWith('.1'))) {
      expect(texts.indexOf(text)).toBeGreaterThan(texts.indexOf(text.replace(/1$/, '0')));
    }
  }
}
