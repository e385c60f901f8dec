import { createServer, type ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { nodeMount } from '@realtime-notify/use/node';
import compression from 'compression';
import cors from 'cors';
import { appOrigin } from '../notifier.js';
import { addHostSocket, type Host, helloBody, hostHeader, listen, running } from './host.js';

const notFound = { host: 'nothing here' };

/** No framework, but the middleware that is written for `node:http`. */
export const nodeHttp: Host = {
  name: 'node:http',
  notFound,
  async start({ notifier, mounts }) {
    const server = createServer();
    addHostSocket(server);
    const mounted = mounts.map((options) => nodeMount(notifier, server, options));
    const allowOrigin = cors({ origin: appOrigin, credentials: true });
    const compress = compression({ threshold: 0 });
    server.on('request', (request, response) => {
      response.setHeader(...hostHeader);
      const answer = async (): Promise<void> => {
        if (mounted.some((mount) => mount(request, response))) return;
        if (request.url === '/hello') send(response, 200, helloBody);
        else if (request.url === '/echo') send(response, 200, await json(request));
        else send(response, 404, notFound);
      };
      allowOrigin(request, response, () => compress(request as never, response as never, answer));
    });
    await notifier.start();
    await listen(server);
    return running(server, notifier);
  },
};

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(body));
}
