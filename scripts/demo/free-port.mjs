import { createServer } from 'node:net';

/** The first port from `port` on that nobody listens on. */
export async function freePort(port) {
  for (let candidate = port; candidate <= 65_535; candidate += 1) {
    if (await isFree(candidate)) return candidate;
  }
  throw new Error(`no port from ${port} on is free`);
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
