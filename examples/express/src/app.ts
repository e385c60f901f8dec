import { createServer } from 'node:http';
import {
  answerToError,
  type ExampleApp,
  type ExampleContext,
  makeToken,
  mountOptions,
  notFound,
  revokeForDemo,
  servePage,
  serverApp,
} from '@realtime-notify/example-shared';
import { expressMount } from '@realtime-notify/use/express';
import express, { type ErrorRequestHandler } from 'express';

/** The demonstration on Express. */
export function makeApp({ notifier, jwtSecret, logger }: ExampleContext): ExampleApp {
  const app = express();
  const server = createServer(app);
  app.disable('x-powered-by');

  app.use(expressMount(notifier, server, mountOptions(jwtSecret, logger)));

  app.post('/demo/token', express.json({ limit: '16kb' }), async (request, response) => {
    const { status, body } = await makeToken(request.body, jwtSecret);
    response.status(status).set('Cache-Control', 'no-store').json(body);
  });

  app.post('/demo/revoke', express.json({ limit: '16kb' }), async (request, response) => {
    const { status, body } = await revokeForDemo(request.body, notifier);
    response.status(status).json(body);
  });

  const page = servePage();
  app.use((request, response, next) => {
    if (!page(request, response)) next();
  });
  app.use((_request, response) => {
    response.status(notFound.status).json(notFound.body);
  });
  const answerError: ErrorRequestHandler = (error, _request, response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const { status, body } = answerToError(error, logger);
    response.status(status).json(body);
  };
  app.use(answerError);
  return serverApp(server, notifier);
}
