import type { Logger } from '@realtime-notify/core';
import { readConfig } from './config.js';
import { log, oneLine } from './log.js';
import { type ExampleNotifier, makeNotifier, makeSource } from './parts.js';

/** What an example's application is made with. */
export interface ExampleContext {
  readonly notifier: ExampleNotifier;
  readonly jwtSecret: Uint8Array;
  readonly logger: Logger;
}

/** An example's application, on whatever framework. */
export interface ExampleApp {
  /** Starts the notifier, then listens, on 127.0.0.1 by default; resolves with the port. */
  listen(port: number, host?: string): Promise<number>;
  /** Drains the notifier, then closes the server. */
  close(): Promise<void>;
}

/** Runs an example as its contract says: settings from the environment, a line when ready, SIGTERM drains. */
export function runExample(
  makeApp: (context: ExampleContext) => Promise<ExampleApp> | ExampleApp,
): void {
  run(makeApp).then(
    () => process.exit(0),
    (error: unknown) => {
      console.error(oneLine(error));
      process.exit(1);
    },
  );
}

async function run(
  makeApp: (context: ExampleContext) => Promise<ExampleApp> | ExampleApp,
): Promise<void> {
  const config = readConfig(process.env);
  const notifier = makeNotifier(config, log);
  const source = makeSource(config, notifier, log);
  const app = await makeApp({ notifier, jwtSecret: config.jwtSecret, logger: log });
  const port = await app.listen(config.port, config.host);
  await source?.start();
  console.log(`ready http://127.0.0.1:${port}`);

  await untilSignal();
  await app.close();
}

/** Resolves at the first SIGTERM or SIGINT; a second SIGINT ends the process as it would without us. */
function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    process.on('SIGTERM', () => resolve());
    process.once('SIGINT', () => resolve());
  });
}
