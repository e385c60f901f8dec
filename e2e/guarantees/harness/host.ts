import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { catalogue } from '../../../examples/shared/src/catalogue.js';
import { redisBroker } from '../../../packages/broker-redis/src/index.js';
import {
  type AccessOptions,
  type Audience,
  createNotifier,
  type Logger,
  type NotifyResult,
  type RetentionOptions,
  type Store,
} from '../../../packages/core/src/index.js';
import { redisStore } from '../../../packages/store-redis/src/index.js';
import { nodeMount } from '../../../packages/use/src/node.js';
import { sseReader } from '../../harness/sse-reader.js';
import type { StreamReader } from '../../harness/stream-reader.js';
import { wsReader } from '../../harness/ws-reader.js';

export interface HostOptions {
  readonly name: string;
  readonly storeUrl: string;
  /** Default: the store's. */
  readonly brokerUrl?: string;
  readonly retention?: RetentionOptions;
  readonly positionCheckMs?: number;
  /** Stands between the notifier and its store. */
  readonly wrap?: (store: Store) => Store;
}

/** An application with a notifier on Redis, in this process, for one test. */
export interface Host {
  readonly name: string;
  /** `http://127.0.0.1:port` */
  readonly base: string;
  /** What was logged, from `info` on. */
  readonly lines: readonly string[];
  /** What was said of the broker's link: `up`, or the code of the error. */
  readonly links: readonly string[];
  say(to: Audience, text: string, idempotencyKey?: string): Promise<NotifyResult>;
  /** A client of a user, by whichever transport; may be told that it lost history. */
  client(by: Transport, user: string, groups?: readonly string[], cursor?: string): StreamReader;
  /** What the readiness route answers. */
  readiness(): Promise<{ readonly status: number; readonly body: unknown }>;
  drain(): Promise<void>;
  /** Ends everything at once, as a crash would. */
  stop(): Promise<void>;
}

export type Transport = 'SSE' | 'WebSocket';
export const transports: readonly Transport[] = ['SSE', 'WebSocket'];

/** Of a client that is no user. */
export const anonymous = 'anonymous';

/** The token is the user; every group may be followed. */
const access: AccessOptions = {
  authenticate: ({ token, query, headers }) => {
    const userId = token ?? query.get('token') ?? headers.authorization?.slice('Bearer '.length);
    if (userId === anonymous) return { userId: null };
    return userId === undefined ? null : { userId };
  },
  authorize: () => true,
};

export async function startHost(options: HostOptions): Promise<Host> {
  const { name, storeUrl, brokerUrl = storeUrl, positionCheckMs, retention = {} } = options;
  const { wrap = (it) => it } = options;
  const lines: string[] = [];
  const links: string[] = [];
  const logger = loggerInto(lines);
  const notifier = createNotifier({
    catalogue,
    nodeId: name,
    logger,
    broker: redisBroker({ url: brokerUrl, logger }),
    store: wrap(redisStore({ url: storeUrl, logger, retention })),
    ...(positionCheckMs === undefined ? {} : { positionCheckMs }),
  });
  notifier.on('broker', (link) => {
    links.push(link.state === 'up' ? 'up' : link.error.code);
  });
  const server = createServer();
  const mounted = nodeMount(notifier, server, {
    ...{ access, health: true, logger },
    publish: { path: '/demo/notify', open: true },
  });
  server.on('request', (request, response) => {
    if (!mounted(request, response)) response.writeHead(404).end();
  });
  const readers: StreamReader[] = [];
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopping ??= notifier.close().then(() => {
      server.closeAllConnections();
      return new Promise((resolve) => void server.close(() => resolve()));
    });
    return stopping;
  };
  onTestFinished(async () => {
    for (const reader of readers) reader.cut();
    await stop();
  });
  await notifier.start();
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    name,
    base,
    lines,
    links,
    stop,
    drain: () => notifier.drain(),
    async readiness() {
      const response = await fetch(`${base}/readyz`);
      return { status: response.status, body: await response.json() };
    },
    say: (to, text, idempotencyKey) =>
      notifier.notify({ to, type: 'message', data: { text }, idempotencyKey }),
    client(by, user, groups = [], cursor = undefined) {
      const reader = (by === 'SSE' ? sseReader : wsReader)({
        ...{ name: `${user} by ${by} at ${name}`, nodes: [base], token: user, groups, cursor },
        mayLose: true,
      });
      readers.push(reader);
      return reader;
    },
  };
}

function loggerInto(lines: string[]): Logger {
  const at = (level: string) => (facts: object, message: string) =>
    void lines.push(`${level}: ${message} ${JSON.stringify(facts, readable)}`);
  return { debug: () => undefined, info: at('info'), warn: at('warn'), error: at('error') };
}

function readable(_key: string, value: unknown): unknown {
  return value instanceof Error ? String(value) : value;
}

/** A user by both transports at each of the hosts. */
export async function everywhere(
  hosts: readonly Host[],
  user: string,
  groups: readonly string[] = [],
): Promise<StreamReader[]> {
  const readers = hosts.flatMap((host) => transports.map((by) => host.client(by, user, groups)));
  await Promise.all(readers.map((reader) => reader.open()));
  return readers;
}

/** So many notifications to each audience. */
export function sayAll(
  host: Host,
  count: number,
  ...to: readonly Audience[]
): Promise<NotifyResult[]> {
  const texts = Array.from({ length: count }, (_, n) => `number ${n}`);
  return Promise.all(texts.flatMap((text) => to.map((each) => host.say(each, text))));
}
