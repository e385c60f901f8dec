import { createServer } from 'node:http';
import { bodyParser } from '@koa/bodyparser';
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
import { koaMount } from '@realtime-notify/use/koa';
import Koa from 'koa';

/** The demonstration on Koa. */
export function makeApp({ notifier, jwtSecret, logger }: ExampleContext): ExampleApp {
  const app = new Koa();
  const server = createServer();
  const page = servePage();
  const demoRoutes = new Map<
    string,
    (body: unknown) => ReturnType<typeof makeToken | typeof revokeForDemo>
  >([
    ['/demo/token', (body) => makeToken(body, jwtSecret)],
    ['/demo/revoke', (body) => revokeForDemo(body, notifier)],
  ]);

  app.use(async (context, next) => {
    try {
      await next();
    } catch (error) {
      Object.assign(context, answerToError(error, logger));
    }
  });

  app.use(koaMount(notifier, server, mountOptions(jwtSecret, logger)));

  app.use(async (context, next) => {
    if (page(context.req, context.res)) context.respond = false;
    else await next();
  });
  app.use(bodyParser({ enableTypes: ['json'], jsonLimit: '16kb' }));
  app.use(async (context) => {
    const { method, path, request } = context;
    const answer = method === 'POST' ? demoRoutes.get(path) : undefined;
    const { status, body } = (await answer?.(request.body)) ?? notFound;
    context.status = status;
    context.set('Cache-Control', 'no-store');
    context.body = body;
  });

  // Not before: the callback takes no middleware that comes later.
  server.on('request', app.callback());
  return serverApp(server, notifier);
}
