import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ExampleNotifier } from './parts.js';
import type { ExampleApp } from './run-example.js';

const closeTimeoutMs = 2_000;

/** An application whose server is its own to open and to close. */
export function serverApp(server: Server, notifier: ExampleNotifier): ExampleApp {
  return {
    async listen(port, host = '127.0.0.1') {
      await notifier.start();
      return listen(server, port, host);
    },
    async close() {
      await notifier.drain();
      await close(server);
    },
  };
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/** Answers what is under way; whoever does not take the answer is cut. */
async function close(server: Server): Promise<void> {
  const cut = setTimeout(() => server.closeAllConnections(), closeTimeoutMs);
  await new Promise((resolve) => server.close(resolve));
  clearTimeout(cut);
}
