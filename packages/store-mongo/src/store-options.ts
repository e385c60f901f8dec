import { headRetention, type RemoteStoreOptions, remoteStoreFields } from '@realtime-notify/core';
import type { MongoClient } from 'mongodb';
import { z } from 'zod';

/** Certificates, PEM. They are always checked. */
export interface MongoTls {
  /** Whom to trust. Default: what Node trusts. */
  readonly ca?: string | Buffer;
  /** Of ours, where the server asks for one; goes with `key`. */
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  /** Opens `key`. */
  readonly passphrase?: string;
}

/** Where the MongoDB is: its address, or a client of the host's own. */
export type MongoAddress =
  | {
      /** `mongodb://` or `mongodb+srv://`; all members of the replica set. */
      readonly url: string;
      readonly username?: string;
      readonly password?: string;
      /** `true` or certificates. Default: as the URL says. */
      readonly tls?: boolean | MongoTls;
      /** Connections at most. Default 50. */
      readonly maxConnections?: number;
      readonly client?: undefined;
    }
  | {
      /** A `MongoClient` of `mongodb` 7. We never close it; concerns and preferences are ours per collection. */
      readonly client: MongoClient;
      readonly url?: undefined;
    };

/** Everything about {@link mongoStore} except where the MongoDB is. */
export interface MongoStoreSettings extends RemoteStoreOptions {
  /** Default: that of the URL, else `realtime_notify`. */
  readonly database?: string;
  /** Begins the names of our collections; equal on all nodes. Default `rn_`. */
  readonly collectionPrefix?: string;
  /** Whether `start` may make collections and indexes. Default true. */
  readonly migrate?: boolean;
  /** A call rejects when MongoDB has not answered it by then, in milliseconds; 20,000 at most. Default 5,000. */
  readonly commandTimeoutMs?: number;
  /** Longest wait between two looks at a server that is away, in milliseconds, with `url`; 500 or more. Default 2,000. */
  readonly maxReconnectDelayMs?: number;
  /** Calls reject while this many wait for an answer. Default 10,000. */
  readonly maxPendingCalls?: number;
}

/** Options of {@link mongoStore}: where the MongoDB is, and settings. */
export type MongoStoreOptions = MongoStoreSettings & MongoAddress;

const duration = z.int().min(1);
// Not z.instanceof: its type is new in zod 4.6, and our types show it to hosts with an older one.
const bytes = z.custom<Buffer>((value) => Buffer.isBuffer(value), 'a Buffer');
const databaseName = /^[^/\\. "$*<>:|?\0]{1,63}$/;
const pem = z.union([z.string().min(1), bytes]);

const optionsSchema = z
  .strictObject({
    url: z
      .string()
      .regex(/^mongodb(\+srv)?:\/\/\S+$/, 'must begin with mongodb:// or mongodb+srv://')
      .optional(),
    username: z.string().min(1).optional(),
    password: z.string().min(1).optional(),
    tls: z
      .union([
        z.boolean(),
        z.strictObject({
          ca: pem.optional(),
          cert: pem.optional(),
          key: pem.optional(),
          passphrase: z.string().optional(),
        }),
      ])
      .optional(),
    maxConnections: z.int().min(1).optional(),
    client: z
      .custom<MongoClient>(
        (value) => typeof value === 'object' && value !== null && 'db' in value,
        'must be a MongoClient',
      )
      .optional(),
    database: z.string().regex(databaseName, 'must be the name of a database').optional(),
    collectionPrefix: z
      .string()
      .regex(/^(?!system\.)[^$\0]{1,100}$/, 'must be the beginning of a collection’s name')
      .default('rn_'),
    migrate: z.boolean().default(true),
    ...remoteStoreFields,
    // Less than a place stays taken for.
    commandTimeoutMs: duration.max(20_000).default(5_000),
    maxReconnectDelayMs: duration.min(500).default(2_000),
    maxPendingCalls: z.int().min(1).default(10_000),
  })
  .transform((options, context) => {
    const { url, client, username, password, tls, maxConnections, ...others } = options;
    const { headRetentionMs, database = databaseOf(url) ?? 'realtime_notify' } = others;
    const settings = { ...others, database };
    const refuse = (path: string[], message: string): void => {
      context.addIssue({ code: 'custom', path, message });
    };
    const head = headRetention(headRetentionMs, settings.retention, (message) =>
      refuse(['headRetentionMs'], message),
    );
    if (!databaseName.test(database)) refuse(['url'], 'must name a database as MongoDB allows it');
    if ((username === undefined) !== (password === undefined)) {
      refuse(['password'], 'goes with username');
    }
    const ofUrl = { username, password, tls, maxConnections };
    const foreign = Object.entries(ofUrl).find(([, value]) => value !== undefined);
    if (url !== undefined && client === undefined) {
      return { ...settings, headRetentionMs: head, source: { url, ...ofUrl } };
    }
    if (client !== undefined && url === undefined) {
      if (foreign !== undefined) refuse([foreign[0]], 'goes with url, not with client');
      return { ...settings, headRetentionMs: head, source: { client } };
    }
    refuse([], 'give one of url and client');
    return z.NEVER;
  });

/** Options with their defaults filled in. */
export type ResolvedStoreOptions = z.output<typeof optionsSchema>;

/** Where the MongoDB is. */
export type MongoSource = ResolvedStoreOptions['source'];

export { optionsSchema as storeOptionsSchema };

/** The database that a URL names. */
function databaseOf(url = ''): string | undefined {
  const [, name] = /^mongodb(?:\+srv)?:\/\/[^/?]+\/([^?]+)/.exec(url) ?? [];
  return name === undefined ? undefined : unescaped(name);
}

/** As it stands where it is not escaped as a URL is. */
function unescaped(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
