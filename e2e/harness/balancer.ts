import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const probeEveryMs = 100;

/** One address in front of several nodes: a connection goes to the node that is ready and has the fewest. */
export interface Balancer {
  readonly base: string;
  /** Whether the node's readiness said yes when it was asked last. */
  isReady(base: string): boolean;
  close(): Promise<void>;
}

/** Asks each node's `/readyz` ten times in a second. */
export async function openBalancer(bases: readonly string[]): Promise<Balancer> {
  const ready = new Set<string>();
  const open = new Map(bases.map((base) => [base, new Set<Socket>()]));
  const ending = new AbortController();
  const { signal } = ending;
  const openAt = (base: string): number => open.get(base)?.size ?? 0;

  const probe = async (base: string): Promise<void> => {
    const answer = await fetch(`${base}/readyz`, { signal: AbortSignal.timeout(1_000) });
    await answer.arrayBuffer();
    if (answer.ok) ready.add(base);
    else ready.delete(base);
  };
  const watch = async (base: string): Promise<void> => {
    while (!signal.aborted) {
      await probe(base).catch(() => ready.delete(base));
      await delay(probeEveryMs, undefined, { signal }).catch(() => undefined);
    }
  };

  const server = createServer((client) => {
    const [base] = [...ready].sort((one, other) => openAt(one) - openAt(other));
    if (base === undefined) {
      client.destroy();
      return;
    }
    const node = connect(Number(new URL(base).port), '127.0.0.1');
    const sockets = open.get(base);
    sockets?.add(client);
    client.on('close', () => sockets?.delete(client));
    for (const [socket, other] of [
      [client, node],
      [node, client],
    ] as const) {
      socket.setNoDelay();
      socket.pipe(other);
      socket.on('error', () => other.destroy());
      socket.on('close', () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the balancer has no port');
  await Promise.all(bases.map(probe));
  const watching = bases.map(watch);
  return {
    base: `http://127.0.0.1:${address.port}`,
    isReady: (base) => ready.has(base),
    async close() {
      ending.abort();
      server.close();
      for (const sockets of open.values()) for (const socket of sockets) socket.destroy();
      await Promise.all(watching);
    },
  };
}
