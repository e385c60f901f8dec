import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createApp, mountWebSockets } from './app.js';
import { readConfig } from './config.js';
import { log, oneLine } from './log.js';
import { makeNotifier, makeSource } from './parts.js';

const closeTimeoutMs = 2_000;

async function main(): Promise<void> {
  const config = readConfig(process.env);
  const notifier = makeNotifier(config, log);
  const source = makeSource(config, notifier, log);
  const context = { notifier, jwtSecret: config.jwtSecret, logger: log };
  const server = createServer(createApp(context));
  mountWebSockets(server, context);

  await notifier.start();
  await source?.start();
  console.log(`ready http://127.0.0.1:${await listen(server, config.port)}`);

  await untilSignal();
  await source?.close();
  await notifier.drain();
  await close(server);
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/** Resolves at the first SIGTERM or SIGINT; a second SIGINT ends the process as it would without us. */
function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    process.on('SIGTERM', () => resolve());
    process.once('SIGINT', () => resolve());
  });
}

/** Answers what is under way; whoever does not take the answer is cut. */
async function close(server: Server): Promise<void> {
  const cut = setTimeout(() => server.closeAllConnections(), closeTimeoutMs);
  await new Promise((resolve) => server.close(resolve));
  clearTimeout(cut);
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(oneLine(error));
    process.exit(1);
  },
);
