import { createServer } from 'node:http';
import { expressMount } from '@realtime-notify/use/express';
import compression from 'compression';
import cors from 'cors';
import express from 'express';
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

export const expressHost: Host = {
  name: 'Express',
  notFound,
  async start({ notifier, mounts }) {
    const app = express();
    const server = createServer(app);
    addHostSocket(server);
    app.use(cors({ origin: appOrigin, credentials: true }), compression({ threshold: 0 }));
    app.use((_request, response, next) => {
      response.set(...hostHeader);
      next();
    });
    app.use(express.json());
    for (const options of mounts) {
      const mounted = expressMount(notifier, server, options);
      if (isBelowApi(options)) app.use('/api', express.Router().use(mounted));
      else app.use(mounted);
    }
    app.get('/hello', (_request, response) => void response.json(helloBody));
    app.post('/echo', (request, response) => void response.json(request.body));
    app.use((_request, response) => void response.status(404).json(notFound));
    await notifier.start();
    await listen(server);
    return running(server, notifier);
  },
};
