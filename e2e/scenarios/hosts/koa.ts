import { createServer } from 'node:http';
import { bodyParser } from '@koa/bodyparser';
import cors from '@koa/cors';
import { koaMount } from '@realtime-notify/use/koa';
import Koa from 'koa';
import compress from 'koa-compress';
import mountAt from 'koa-mount';
import { appOrigin } from '../notifier.js';
import {
  addHostSocket,
  type Host,
  helloBody,
  hostHeader,
  isBelowApi,
  listen,
  running,
} from './host.js';

const notFound = { host: 'nothing here' };

export const koaHost: Host = {
  name: 'Koa',
  notFound,
  async start({ notifier, mounts }) {
    const app = new Koa();
    app.silent = true;
    const server = createServer();
    addHostSocket(server);
    app.use(async (context, next) => {
      await next();
      // Many applications answer what nobody answered like this.
      if (context.status === 404) {
        context.status = 404;
        context.type = 'json';
        context.body = JSON.stringify(notFound);
      }
    });
    app.use(cors({ origin: appOrigin, credentials: true })).use(compress({ threshold: 0 }));
    app.use((context, next) => {
      context.set(...hostHeader);
      return next();
    });
    app.use(bodyParser());
    for (const options of mounts) {
      const mounted = koaMount(notifier, server, options);
      app.use(isBelowApi(options) ? mountAt('/api', mounted) : mounted);
    }
    app.use(async (context, next) => {
      if (context.path === '/hello') context.body = helloBody;
      else if (context.path === '/echo') context.body = context.request.body;
      else await next();
    });
    server.on('request', app.callback());
    await notifier.start();
    await listen(server);
    return running(server, notifier);
  },
};
