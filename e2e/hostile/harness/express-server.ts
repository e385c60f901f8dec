import type { AddressInfo } from 'node:net';
import { createNotifier, defineCatalogue } from '@realtime-notify/core';
import { expressMount } from '@realtime-notify/use/express';
import express from 'express';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import { RawClient } from './raw-client.js';

/** An Express app whose body parser has read everything before we see it; for one test. */
export async function expressServer(): Promise<{ raw(): Promise<RawClient> }> {
  const notifier = createNotifier({ catalogue: defineCatalogue({ anything: z.unknown() }) });
  await notifier.start();
  const app = express();
  app.use(express.json({ limit: '4mb' }));
  const server = app.listen(0, '127.0.0.1');
  app.use(
    expressMount(notifier, server, {
      access: { anonymous: true },
      publish: { open: true, maxBodyBytes: 4_000_000 },
    }),
  );
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(async () => {
    await notifier.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { raw: () => RawClient.connect((server.address() as AddressInfo).port) };
}
