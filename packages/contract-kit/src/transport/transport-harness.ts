import http from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type Authenticate,
  type CatalogueSchemas,
  createNotifier,
  defineCatalogue,
  memoryStore,
  type Notification,
  type Notifier,
  type NotifierOptions,
  type Outlet,
  type Store,
} from '@realtime-notify/core';
import { afterEach } from 'vitest';
import { z } from 'zod';
import type { ClauseBook } from '../clause-book.js';
import type { TransportClauseId } from '../clauses.js';
import { eventually } from '../eventually.js';

/** How a client was turned away, whatever its transport's status or close code is. */
export type Refusal = 'bad request' | 'unauthenticated' | 'forbidden';

/** What `ready` said. */
export interface ReadyMessage {
  readonly user: string | null;
  readonly channels: Readonly<Record<string, { readonly epoch: string; readonly offset: number }>>;
  readonly recovered: boolean;
}

/** A plain client of the transport, without cleverness: it does not reconnect and drops nothing. */
export interface TransportClient {
  readonly readies: readonly ReadyMessage[];
  /** Everything shown, in the order of arrival. */
  readonly notifications: readonly Notification[];
  /** Where it stands, as text. */
  readonly cursor: string | undefined;
  readonly refusal: Refusal | undefined;
  /** What `bye` said, if it came. */
  readonly bye: { readonly code: string; readonly returnMs: number | null } | undefined;
  /** Whether the connection has ended. */
  readonly ended: boolean;
  /** Stops taking bytes from the socket. */
  pause(): void;
  /** Cuts the connection without a word. */
  cut(): void;
}

/** What a client asks for. */
export interface ConnectRequest {
  /** Absent: no credential. */
  readonly token?: string | undefined;
  readonly groups?: readonly string[];
  readonly cursor?: string | undefined;
}

/** What the suite mounts a transport with. */
export interface MountOptions {
  readonly authenticate: Authenticate;
}

/** What an adapter hands to {@link transportContract}. */
export interface TransportContract {
  /** Shown in the report, e.g. `transport-sse`. */
  readonly name: string;
  /** Mounts the transport on a server that does not listen yet. */
  mount<Schemas extends CatalogueSchemas>(
    notifier: Notifier<Schemas>,
    server: http.Server,
    options: MountOptions,
  ): void;
  /** Connects a client that reads from the first byte on. */
  connect(port: number, request: ConnectRequest): TransportClient;
}

const catalogue = defineCatalogue({ note: z.object({ text: z.string() }) });

/** Tokens of the suite: `<user>`, `<user>;<group>,<group>` or `<user>;;<expiresAt>`; `bad` is not valid. */
const authenticate: Authenticate = ({ query, token }) => {
  const credential = token ?? query.get('token');
  if (credential === null) return null;
  if (credential === 'broken') throw new Error('the identity provider is away');
  const [userId = '', groups = '', expiresAt] = credential.split(';');
  return {
    userId,
    groups: groups.split(','),
    ...(expiresAt === undefined ? {} : { expiresAt: Number(expiresAt) }),
  };
};

/** A node with the transport on it, and its clients. */
export interface TransportNode {
  readonly notifier: Notifier<{ note: z.ZodObject<{ text: z.ZodString }> }>;
  readonly store: Store;
  /** The outlets that the transport has given, in the order of attaching. */
  readonly outlets: readonly Outlet[];
  connect(request: ConnectRequest): TransportClient;
  /** A client that has been told ready. */
  ready(request: ConnectRequest): Promise<TransportClient>;
  tell(to: { user: string } | { group: string } | { all: true }, text: string): Promise<void>;
}

/** Makes nodes for one suite and closes them after each test. */
export class TransportBench {
  readonly #contract: TransportContract;
  readonly #closers: (() => Promise<void>)[] = [];

  constructor(contract: TransportContract) {
    this.#contract = contract;
    afterEach(async () => {
      await Promise.all(this.#closers.splice(0).map((close) => close()));
    });
  }

  async node(
    options: Omit<NotifierOptions<{ note: z.ZodObject<{ text: z.ZodString }> }>, 'catalogue'> = {},
  ): Promise<TransportNode> {
    const store = options.store ?? memoryStore();
    const notifier = createNotifier({ catalogue, drainWindowMs: 0, ...options, store });
    await notifier.start();
    const outlets = recordOutlets(notifier);
    const server = http.createServer();
    this.#contract.mount(notifier, server, { authenticate });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const clients: TransportClient[] = [];
    const connect = (request: ConnectRequest): TransportClient => {
      const client = this.#contract.connect(port, request);
      clients.push(client);
      return client;
    };
    this.#closers.push(async () => {
      for (const client of clients) client.cut();
      await notifier.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    return {
      notifier,
      store,
      outlets,
      connect,
      ready: async (request) => {
        const client = connect(request);
        await eventually(() => {
          if (client.readies.length === 0) throw new Error(`no ready: ${client.refusal ?? ''}`);
        });
        return client;
      },
      tell: async (to, text) => {
        await notifier.notify({ to, type: 'note', data: { text } });
      },
    };
  }
}

/** Fills with the outlets of all streams that are attached from now on. */
function recordOutlets<Schemas extends CatalogueSchemas>(
  notifier: Notifier<Schemas>,
): readonly Outlet[] {
  const outlets: Outlet[] = [];
  const attach = notifier.attach.bind(notifier);
  notifier.attach = (request) => {
    outlets.push(request.outlet);
    return attach(request);
  };
  return outlets;
}

/** The texts that a client was shown, on one channel or on all. */
export function textsOf(client: TransportClient, channel?: string): readonly string[] {
  return client.notifications
    .filter((each) => channel === undefined || each.channel === channel)
    .map(({ data }) => z.object({ text: z.string() }).parse(data).text);
}

/** What each theme of the suite gets. */
export interface TransportTheme {
  readonly book: ClauseBook<TransportClauseId>;
  readonly bench: TransportBench;
}
