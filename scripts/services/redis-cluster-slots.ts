import { Redis } from 'ioredis';

/** Two masters of a Cluster, by their URLs, and a slot that the first one owns. */
export interface SlotMove {
  readonly slot: number;
  readonly from: string;
  readonly to: string;
  /** All masters; each is told who the new owner is. */
  readonly masters: readonly string[];
}

/** A slot on its way from one master to another, as when a Cluster is rebalanced. */
export interface MovingSlot {
  /** Takes the keys to the new owner; the old one stays the owner. */
  takeKeys(): Promise<void>;
  /** The new owner is told to all. */
  finish(): Promise<void>;
}

/** Begins to move a slot: from now on keys that the owner does not have are the other one's. */
export async function beginSlotMove({ slot, from, to, masters }: SlotMove): Promise<MovingSlot> {
  const [source, target] = [new URL(from), new URL(to)];
  const [sourceId, targetId] = await Promise.all([myId(from), myId(to)]);
  await tell(to, 'cluster', 'setslot', slot, 'importing', sourceId);
  await tell(from, 'cluster', 'setslot', slot, 'migrating', targetId);
  return {
    async takeKeys() {
      for (;;) {
        const keys = await tell(source.href, 'cluster', 'getkeysinslot', slot, 100);
        if (!Array.isArray(keys) || keys.length === 0) return;
        const destination = [target.hostname, target.port, '', 0, 10_000];
        await tell(source.href, 'migrate', ...destination, 'keys', ...keys.map(String));
      }
    },
    async finish() {
      // The new owner first, then the old one, so that no key is ever refused by both.
      for (const url of [to, from, ...masters]) {
        await tell(url, 'cluster', 'setslot', slot, 'node', targetId);
      }
    },
  };
}

async function myId(url: string): Promise<string> {
  return String(await tell(url, 'cluster', 'myid'));
}

async function tell(url: string, name: string, ...args: (string | number)[]): Promise<unknown> {
  const redis = new Redis(url, { commandTimeout: 10_000 });
  // Every failure also rejects the call.
  redis.on('error', () => undefined);
  return await redis.call(name, ...args).finally(() => redis.disconnect());
}
