import { setTimeout as delay } from 'node:timers/promises';
import { catalogue } from '../../examples/shared/src/catalogue.js';
import { createNotifier, type Store } from '../../packages/core/src/index.js';
import type { NodeProcess } from './node-process.js';
import type { Accepted } from './publisher.js';

/** How a host of some database runs its transactions. */
export interface TransactionDriver {
  /** Its own store over the database that the nodes share. */
  readonly store: Store;
  begin(): Promise<{
    readonly session: unknown;
    commit(): Promise<void>;
    rollback(): Promise<void>;
  }>;
}

export interface TransactionLoad {
  readonly driver: TransactionDriver;
  /** Killed with -9 in turn, one per round, and started again while the next round runs. */
  readonly relays: readonly NodeProcess[];
  readonly rounds: number;
  /** Transactions that run at the same time in each round; a tenth of them rolls back. */
  readonly perRound: number;
  readonly users: readonly string[];
  readonly group: string;
}

/** Within this long after the transactions of a round have begun its relay is killed. */
const killWithinMs = 150;

/**
 * Runs transactions that notify while the relays are killed; resolves with what has committed. The host's own
 * node relays nothing.
 */
export async function runTransactions(load: TransactionLoad): Promise<readonly Accepted[]> {
  const { driver, relays, rounds, perRound } = load;
  const notifier = createNotifier({
    catalogue,
    store: driver.store,
    publishOnly: true,
    relay: false,
  });
  await notifier.start();
  const committed: Accepted[] = [];
  const restarted: (Promise<void> | undefined)[] = [];
  try {
    for (let round = 0; round < rounds; round += 1) {
      const turn = round % relays.length;
      // Only a relay that runs can be killed in the middle.
      await restarted[turn];
      const running = Array.from({ length: perRound }, async (_, i) => {
        committed.push(...(await runOne(round * perRound + i)));
      });
      await delay(Math.random() * killWithinMs);
      await relays[turn]?.kill9();
      restarted[turn] = relays[turn]?.restart();
      await Promise.all(running);
    }
    await Promise.all(restarted);
  } finally {
    await notifier.close();
  }
  return committed;

  async function runOne(n: number): Promise<readonly Accepted[]> {
    const { session, commit, rollback } = await driver.begin();
    const texts = Array.from({ length: 1 + (n % 3) }, (_, i) => `transaction ${n}, number ${i}`);
    const sent: Accepted[] = [];
    for (const text of texts) {
      const users = [n, n + 1].map((i) => load.users[i % load.users.length] ?? '');
      const to = n % 10 === 3 ? { group: load.group } : { users };
      const { channels } = await notifier.notify(
        { to, type: 'message', data: { text } },
        { session },
      );
      sent.push(...channels.map((channel) => ({ channel, type: 'message', data: { text } })));
    }
    if (n % 10 === 7) {
      await rollback();
      return [];
    }
    await commit();
    return sent;
  }
}
