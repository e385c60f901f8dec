import { eventually, freshChannel, sampleDraft } from '@realtime-notify/contract-kit';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { mongoStore } from '../src/index.js';
import { probeServer } from './server-abilities.js';
import { dropRunDatabase, freshPrefix, mongoUrl, runDatabase, withClient } from './test-mongo.js';

const server = await probeServer();
const collectionPrefix = freshPrefix();
afterAll(dropRunDatabase);

/** Says in the report what a run over this server shows, and what it leaves open. */
function ability(isThere: boolean, what: string): string {
  return `${isThere ? 'shown' : 'UNPROVEN'} over ${server.name}: ${what}`;
}

describe('what this server can show', () => {
  test(ability(server.ttl, 'what has expired leaves the disk (TTL)'), {
    timeout: 180_000,
  }, async () => {
    const warnings: string[] = [];
    const note = (): void => {};
    const warn = (_facts: object, message: string): void => {
      warnings.push(message);
    };
    const store = mongoStore({
      url: mongoUrl,
      database: runDatabase,
      collectionPrefix,
      retention: { maxAgeMs: 50 },
      headRetentionMs: 3_600_000,
      logger: { debug: note, info: note, warn, error: note },
    });
    onTestFinished(() => store.close());
    await store.start();
    const channel = freshChannel();
    await store.append([sampleDraft(channel)]);
    await eventually(async () => {
      expect((await store.readAfter([{ channel, after: 0, limit: 1 }]))[0]?.items).toEqual([]);
    });
    const onDisk = () =>
      withClient((client) =>
        client.db(runDatabase).collection(`${collectionPrefix}entries`).countDocuments(),
      );
    if (server.ttl) {
      // Places stay taken for a minute, and the server looks once a minute.
      await eventually(async () => expect(await onDisk()).toBe(0), 150_000);
    } else {
      expect(await onDisk()).toBe(1);
      expect(warnings).toContainEqual(expect.stringContaining('no TTL'));
    }
  });

  test(
    ability(server.indivisibleUpdates, 'due work taken by many connections at once'),
    async () => {
      const where = { url: mongoUrl, database: runDatabase, collectionPrefix };
      const stores = Array.from({ length: 4 }, () => mongoStore(where));
      onTestFinished(async () => void (await Promise.all(stores.map((store) => store.close()))));
      for (const store of stores) await store.start();
      const keys = Array.from({ length: 30 }, (_, i) => `w${i}`);
      await stores[0]?.dueWork?.schedule(keys.map((key) => ({ key, afterMs: 0, workJson: '1' })));
      const taken = await Promise.all(
        stores.map((store) =>
          eventually(async () => {
            const some = await store.dueWork?.take(30, 600_000);
            return (some ?? []).map(({ key }) => key);
          }),
        ),
      );
      const all = taken.flat();
      expect(new Set(all).size).toBe(30);
      // Over FerretDB a piece may go to two: the contract suite goes over one connection there.
      if (server.indivisibleUpdates) expect(all).toHaveLength(30);
    },
  );

  test(
    ability(server.replicaSet, 'writes that the majority has, repeated once by the driver'),
    async () => {
      const hello = await withClient((client) => client.db('admin').command({ hello: 1 }));
      expect('setName' in hello || hello.msg === 'isdbgrid').toBe(server.replicaSet);
    },
  );

  test(
    ability(server.transactions, 'drafts put within a transaction of the host (outbox: O1, O7)'),
    async () => {
      await withClient(async (client) => {
        const where = { database: runDatabase, collectionPrefix: freshPrefix() };
        const store = mongoStore({ client, ...where });
        onTestFinished(() => store.close());
        await store.start();
        const channel = freshChannel();
        const session = client.startSession();
        const put = session.withTransaction(async () => {
          await store.outbox?.put(session, [sampleDraft(channel)]);
        });
        if (server.transactions) await put;
        else await expect(put).rejects.toMatchObject({ code: 'TRANSACTIONS_UNSUPPORTED' });
        await session.endSession();
        await store.outbox?.relay(10);
        const [position] = await store.positions([channel]);
        expect(position?.offset).toBe(server.transactions ? 1 : 0);
      });
    },
  );

  test(
    ability(server.changeStreams, 'commits told at once (outbox: O6, change streams)'),
    async () => {
      const where = { url: mongoUrl, database: runDatabase, collectionPrefix: freshPrefix() };
      const store = mongoStore(where);
      onTestFinished(() => store.close());
      await store.start();
      let told = 0;
      store.outbox?.watch(() => {
        told += 1;
      });
      if (server.changeStreams) await eventually(() => expect(told).toBeGreaterThan(0));
      else await store.positions([freshChannel()]);
      expect(told > 0).toBe(server.changeStreams);
    },
  );
});
