import { connect, createServer, type Socket } from 'node:net';

/** A balancer with one address in front of the nodes: connects to one node until told another. */
export interface Switchboard {
  readonly base: string;
  /** Breaks every connection abruptly; later ones go to this node. */
  switchTo(base: string): void;
  close(): void;
}

export async function openSwitchboard(first: string): Promise<Switchboard> {
  let target = first;
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const node = connect(Number(new URL(target).port), '127.0.0.1');
    for (const [socket, other] of [
      [client, node],
      [node, client],
    ] as const) {
      open.add(socket);
      socket.pipe(other);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        open.delete(socket);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string')
    throw new Error('the switchboard has no port');
  const cut = (): void => {
    for (const socket of open) socket.resetAndDestroy();
  };
  return {
    base: `http://127.0.0.1:${address.port}`,
    switchTo(base) {
      target = base;
      cut();
    },
    close() {
      server.close();
      cut();
    },
  };
}
