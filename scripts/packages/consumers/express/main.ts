import { createServer } from 'node:http';
import { jwtAuthenticator } from '@realtime-notify/auth-jwt';
import { createNotifier, defineCatalogue } from '@realtime-notify/core';
import { expressMount } from '@realtime-notify/use/express';
import express from 'express';
import { z } from 'zod';
import { receiveOne, secret } from './clients.js';

async function main(): Promise<void> {
  const catalogue = defineCatalogue({ message: z.object({ text: z.string() }) });
  const notifier = createNotifier({ catalogue, inbox: {} });
  await notifier.start();

  const app = express();
  const server = createServer(app);
  app.use(
    expressMount(notifier, server, { access: { authenticate: jwtAuthenticator({ secret }) } }),
  );

  await receiveOne(server, (text) =>
    notifier.notify({ to: { user: 'u1' }, type: 'message', data: { text } }),
  );
  const { items } = await notifier.inbox('u1').list();
  // Compiles only where the data has the type that the catalogue gives it.
  const texts: string[] = items.map(({ notification }) => notification.data.text);
  if (texts.length !== 1) throw new Error('the inbox has not what was sent');
  await notifier.close();
  server.close();
}

void main();
