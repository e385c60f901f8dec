import { connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** Carries TCP connections on until told to break them, with or without a word. */
export interface TcpProxy {
  readonly port: number;
  /** Connections accepted so far. */
  readonly accepted: number;
  /** The number of the connection whose peer the server sees at this port; undefined where it is not ours. */
  connectionFrom(port: number): number | undefined;
  /**
   * From now on nothing passes on the present connections, and none is closed; new ones work.
   * @param connection - only this one, counted from 1 in the order of acceptance; default all
   */
  freeze(connection?: number): void;
  /** Cuts the present connections; new ones work. */
  cut(): void;
  /** Cuts all connections and refuses new ones, as if the server had died. */
  goAway(): Promise<void>;
}

/** A proxy on 127.0.0.1 in front of a server on 127.0.0.1, for one test; gone when that has finished. */
export async function tcpProxy(targetPort: number): Promise<TcpProxy> {
  const sockets = new Map<Socket, number>();
  const upstreams = new Map<Socket, number>();
  let accepted = 0;
  const server = createServer((client) => {
    accepted += 1;
    const connection = accepted;
    const upstream = connect(targetPort, '127.0.0.1');
    upstreams.set(upstream, connection);
    upstream.on('close', () => upstreams.delete(upstream));
    for (const socket of [client, upstream]) {
      sockets.set(socket, connection);
      socket.on('error', () => undefined);
      socket.on('close', () => sockets.delete(socket));
    }
    client.pipe(upstream);
    upstream.pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = (): void => {
    for (const socket of sockets.keys()) socket.destroy();
  };
  const goAway = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve));
    cut();
    await closed;
  };
  onTestFinished(goAway);
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return {
    port: address.port,
    get accepted() {
      return accepted;
    },
    connectionFrom: (from) => [...upstreams].find(([{ localPort }]) => localPort === from)?.[1],
    freeze: (only) => {
      for (const [socket, connection] of sockets) {
        if (only !== undefined && only !== connection) continue;
        socket.unpipe();
        socket.pause();
      }
    },
    cut,
    goAway,
  };
}
