import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { MountOptions } from '@realtime-notify/use';
import { WebSocketServer } from 'ws';
import type { ScenarioNotifier } from '../notifier.js';

/** What a host is started with. */
export interface HostSetup {
  readonly notifier: ScenarioNotifier;
  /** Those with a prefix below `/api` are mounted where the host cuts `/api` off, if it does such. */
  readonly mounts: readonly MountOptions[];
}

export interface RunningHost {
  /** `http://127.0.0.1:port` */
  readonly base: string;
  readonly server: Server;
  /** Ends it as its users are told to: streams first, then the server. */
  close(): Promise<void>;
}

/**
 * An application as teams have it: compression, CORS for `appOrigin`, `hostHeader` on every answer, a JSON
 * body parser, `GET /hello`, `POST /echo`, an answer of its own to what it does not know, and WebSockets of its own at `/host-socket`.
 */
export interface Host {
  readonly name: string;
  /** What its 404 holds. */
  readonly notFound: object;
  start(setup: HostSetup): Promise<RunningHost>;
}

/** As many set for the security of their pages. */
export const hostHeader = ['x-content-type-options', 'nosniff'] as const;

/** Long enough that everybody compresses it. */
export const helloBody = { hello: 'world '.repeat(500) };

export const isBelowApi = ({ prefix }: MountOptions): boolean =>
  prefix?.startsWith('/api/') === true;

/** Echoes what comes to `/host-socket`, and leaves every other upgrade alone. */
export function addHostSocket(server: Server): void {
  const sockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => {
    if (request.url !== '/host-socket') return;
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('message', (data) => webSocket.send(`host: ${data}`));
    });
  });
}

export function listen(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
}

export function baseOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A server that the host's own code opened and has to close. */
export function running(server: Server, notifier: ScenarioNotifier): RunningHost {
  return {
    base: baseOf(server),
    server,
    close: async () => {
      await notifier.drain();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
