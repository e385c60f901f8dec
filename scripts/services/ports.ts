import { createServer } from 'node:net';

/**
 * Below the ports that systems give to outgoing connections: such a one could be taken between our look and
 * the start of the program that is to listen there.
 */
const lowest = 20_000;
const count = 12_000;

/**
 * The preferred port, or any when it is 0 or another program holds it: a second clone of the repository on
 * the same machine gets its own services.
 */
export async function freePort(preferred: number): Promise<number> {
  const port = preferred === 0 ? lowest + Math.floor(Math.random() * count) : preferred;
  return (await tryPort(port)) ?? (await freePort(0));
}

/** As many different free ports. */
export async function freePorts(preferred: readonly number[]): Promise<number[]> {
  const taken: number[] = [];
  for (const port of preferred) {
    let free = await freePort(port);
    while (taken.includes(free)) free = await freePort(0);
    taken.push(free);
  }
  return taken;
}

function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? address?.port : undefined));
    });
  });
}
