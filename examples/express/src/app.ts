import type { Server } from 'node:http';
import { jwtAuthenticator } from '@realtime-notify/auth-jwt';
import type { Logger } from '@realtime-notify/core';
import { healthHandlers, historyHandler, publishHandler } from '@realtime-notify/http';
import { sseHandler } from '@realtime-notify/transport-sse';
import { attachWebSockets } from '@realtime-notify/transport-ws';
import express, { type Express } from 'express';
import { demoToken } from './demo-token.js';
import { answerError, answerNotFound } from './json-errors.js';
import type { ExampleNotifier } from './parts.js';
import { servePage } from './serve-page.js';

/** What the application is made with. */
export interface AppContext {
  readonly notifier: ExampleNotifier;
  readonly jwtSecret: Uint8Array;
  readonly logger: Logger;
}

/** The routes. WebSockets hang on the server itself, in {@link mountWebSockets}. */
export function createApp({ notifier, jwtSecret, logger }: AppContext): Express {
  const authenticate = authenticator(jwtSecret);
  const health = healthHandlers(notifier, { logger });
  const app = express();
  app.disable('x-powered-by');

  app.all('/notifications/stream', sseHandler(notifier, { authenticate, logger }));
  app.all('/notifications', historyHandler(notifier, { authenticate, logger }));
  app.all('/healthz', health.live);
  app.all('/readyz', health.ready);

  // Anybody may publish and be anybody: for a demonstration only.
  app.all('/demo/notify', publishHandler(notifier, { open: true, logger }));
  app.post('/demo/token', demoToken(jwtSecret));

  app.use(servePage());
  app.use(answerNotFound);
  app.use(answerError(logger));
  return app;
}

/** Takes WebSockets of `/notifications/ws` from the server. */
export function mountWebSockets(server: Server, { notifier, jwtSecret, logger }: AppContext): void {
  const authenticate = authenticator(jwtSecret);
  attachWebSockets(notifier, server, { path: '/notifications/ws', authenticate, logger });
}

/** Tokens are made and checked by the same clock here, so none outlives its end. */
function authenticator(secret: Uint8Array) {
  return jwtAuthenticator({ secret, clockToleranceMs: 0 });
}
