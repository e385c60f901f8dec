import { type TransportContract, transportContract } from '@realtime-notify/contract-kit';
import { attachWebSockets } from '../src/index.js';
import { WsClient } from './ws-client.js';

const mount: TransportContract['mount'] = (notifier, server, options) => {
  attachWebSockets(notifier, server, { path: '/ws', ...options });
  server.on('request', (_, response) => response.writeHead(404).end());
};

transportContract({
  name: 'transport-ws, everything in the query',
  mount,
  connect: (port, request) => WsClient.byQuery(port, request),
});

transportContract({
  name: 'transport-ws, everything in the hello',
  mount,
  connect: (port, request) => WsClient.byHello(port, request),
});
