import { createServer } from 'node:http';
import { jwtAuthenticator } from '@realtime-notify/auth-jwt';
import { createNotifier, defineCatalogue } from '@realtime-notify/core';
import { expressMount } from '@realtime-notify/use/express';
import express from 'express';
import { z } from 'zod';
import { receiveOne, secret } from './clients.js';

async function main(): Promise<void> {
  const catalogue = defineCatalogue({ message: z.object({ text: z.string() }) });
  const notifier = createNotifier({ catalogue });
  await notifier.start();

  const app = express();
  const server = createServer(app);
  app.use(
    expressMount(notifier, server, { access: { authenticate: jwtAuthenticator({ secret }) } }),
  );

  await receiveOne(server, (text) =>
    notifier.notify({ to: { user: 'u1' }, type: 'message', data: { text } }),
  );
  await notifier.close();
  server.close();
}

void main();
