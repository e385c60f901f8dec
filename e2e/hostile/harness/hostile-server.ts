import http, { type ServerOptions } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eventually } from '@realtime-notify/contract-kit';
import {
  type AccessOptions,
  createNotifier,
  defineCatalogue,
  type LimitName,
  type Logger,
  type Notifier,
  type NotifierOptions,
} from '@realtime-notify/core';
import type { MountOptions } from '@realtime-notify/use';
import { nodeMount } from '@realtime-notify/use/node';
import { expect, onTestFinished } from 'vitest';
import { z } from 'zod';
import { WsClient } from '../../../packages/transport-ws/test/ws-client.js';
import { RawClient } from './raw-client.js';
import { streamRequest } from './requests.js';

const schemas = { message: z.object({ text: z.string() }), anything: z.unknown() };
type Schemas = typeof schemas;

/** The token is the user; every group may be followed. */
export const access: AccessOptions = {
  authenticate: ({ query, token, headers }) => {
    const userId = token ?? query.get('token') ?? headers.authorization?.slice('Bearer '.length);
    return userId === undefined || userId === '' ? null : { userId };
  },
  authorize: () => true,
};

export interface HostileServerOptions {
  readonly notifier?: Partial<Omit<NotifierOptions<Schemas>, 'catalogue'>>;
  readonly mount?: Partial<MountOptions>;
  readonly http?: ServerOptions;
}

/** Everything that we serve, on one port of `node:http` as a host would mount it. */
export interface HostileServer {
  readonly notifier: Notifier<Schemas>;
  readonly server: http.Server;
  readonly port: number;
  /** All that was logged, as text. */
  readonly log: readonly string[];
  /** How often a limit was reached. */
  reached(limit: LimitName): number;
  say(user: string, text: string): Promise<unknown>;
  /** A WebSocket client; `query` begins with `?`. */
  webSocket(query?: string, hello?: unknown): WsClient;
  raw(): Promise<RawClient>;
  /** A client of the event stream that is past its `ready`. */
  stream(user: string): Promise<RawClient>;
  /** Both transports still serve who behaves, and nothing is left of who did not; `others` stay. */
  assertServes(others?: number): Promise<void>;
}

/** A server for one test, or for one file where it is closed by hand. */
export async function hostileServer(options: HostileServerOptions = {}): Promise<HostileServer> {
  const log: string[] = [];
  const notifier = createNotifier({
    catalogue: defineCatalogue(schemas),
    drainWindowMs: 0,
    logger: loggerInto(log),
    ...options.notifier,
  });
  await notifier.start();
  const server = http.createServer({ ...options.http });
  const mounted = nodeMount(notifier, server, {
    access,
    publish: { open: true },
    health: true,
    logger: loggerInto(log),
    ...options.mount,
  });
  server.on('request', (request, response) => {
    if (!mounted(request, response)) response.writeHead(404).end('{"host":"nothing here"}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const clients: { cut(): void }[] = [];
  onTestFinished(async () => {
    for (const client of clients) client.cut();
    await notifier.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const kept = <Client extends { cut(): void }>(client: Client): Client => {
    clients.push(client);
    return client;
  };
  const raw = async () => kept(await RawClient.connect(port));
  const webSocket = (query = '', hello?: unknown) =>
    kept(new WsClient(`ws://127.0.0.1:${port}/notifications/ws${query}`, hello));
  const say = (user: string, text: string) =>
    notifier.notify({ to: { user }, type: 'message', data: { text } });
  const stream = async (user: string): Promise<RawClient> => {
    const client = await raw();
    client.write(streamRequest(`?token=${user}`));
    await client.sees('event: ready');
    return client;
  };
  return {
    notifier,
    server,
    port,
    log,
    reached: (limit) => notifier.limits.snapshot()[limit],
    say,
    raw,
    webSocket,
    stream,
    async assertServes(others = 0) {
      const [sse, ws] = [await stream('witness'), webSocket('?token=witness')];
      await eventually(() => expect(ws.readies).toHaveLength(1));
      await say('witness', 'still here');
      await sse.sees('still here');
      await eventually(() => expect(ws.notifications).toHaveLength(1));
      sse.cut();
      ws.cut();
      await eventually(() => {
        expect([notifier.connections.size, notifier.emitters.size]).toEqual([others, others]);
      });
    },
  };
}

function loggerInto(log: string[]): Logger {
  const at = (level: string) => (facts: object, message: string) => {
    log.push(`${level} ${message} ${JSON.stringify(facts, errorsToo)}`);
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

function errorsToo(_key: string, value: unknown): unknown {
  return value instanceof Error ? { ...value, text: String(value), cause: value.cause } : value;
}
