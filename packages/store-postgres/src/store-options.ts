import { headRetention, type RemoteStoreOptions, remoteStoreFields } from '@realtime-notify/core';
import { z } from 'zod';
import type { PostgresPool } from './postgres-client.js';
import { defaultSchema, schemaPattern } from './schema/migrations.js';

/** Certificates, PEM. */
export interface PostgresTls {
  /** Whom to trust. Default: what Node trusts. */
  readonly ca?: string | Buffer;
  /** Of ours, where the server asks for one. */
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly passphrase?: string;
  /** The name that the server's certificate must have. Default: its host name. */
  readonly servername?: string;
}

/** Where the PostgreSQL is: its address, or a pool of the host's own. */
export type PostgresAddress =
  | {
      /** `postgres://[user[:password]@]host[:port]/database` */
      readonly url: string;
      readonly username?: string;
      readonly password?: string;
      /** `true` or certificates. Certificates are always checked. Default: plain. */
      readonly tls?: boolean | PostgresTls;
      /** Connections at most, 2 or more. Default 10. */
      readonly maxConnections?: number;
      readonly pool?: undefined;
    }
  | {
      /** A `Pool` of `pg` of 2 connections or more, on the primary. We neither close it nor change its settings. */
      readonly pool: PostgresPool;
      readonly url?: undefined;
    };

/** Everything about {@link postgresStore} except where the PostgreSQL is. */
export interface PostgresStoreSettings extends RemoteStoreOptions {
  /** Holds our tables and functions, nothing else; equal on all nodes. Default `realtime_notify`. */
  readonly schema?: string;
  /** Whether `start` may create and change the schema. Default true. */
  readonly migrate?: boolean;
  /** Calls reject while this many wait for an answer. Default 10,000. */
  readonly maxPendingCalls?: number;
}

/** Options of {@link postgresStore}: where the PostgreSQL is, and settings. */
export type PostgresStoreOptions = PostgresStoreSettings & PostgresAddress;

// Not z.instanceof: its type is new in zod 4.6, and our types show it to hosts with an older one.
const bytes = z.custom<Buffer>((value) => Buffer.isBuffer(value), 'a Buffer');
const pem = z.union([z.string().min(1), bytes]);

const addressFields = {
  url: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must begin with postgres://')
    .refine((url) => URL.canParse(url), 'is not a URL')
    .optional(),
  username: z.string().min(1).optional(),
  password: z.string().optional(),
  tls: z
    .union([
      z.boolean(),
      z.strictObject({
        ca: pem.optional(),
        cert: pem.optional(),
        key: pem.optional(),
        passphrase: z.string().optional(),
        servername: z.string().optional(),
      }),
    ])
    .optional(),
  // One may be listening.
  maxConnections: z.int().min(2).optional(),
  pool: z
    .custom<PostgresPool>(
      (value) => typeof Object(value).connect === 'function' && 'on' in Object(value),
      'must be a Pool of pg',
    )
    // The same as of maxConnections.
    .refine((pool) => !(mostOf(pool) < 2), 'must have a max of 2 or more: one connection listens')
    .optional(),
};

const optionsSchema = z
  .strictObject({
    ...addressFields,
    schema: z
      .string()
      .regex(schemaPattern, 'is [a-z_][a-z0-9_]*, 50 characters at most')
      .default(defaultSchema),
    migrate: z.boolean().default(true),
    ...remoteStoreFields,
    maxPendingCalls: z.int().min(1).default(10_000),
  })
  .transform((options, context) => {
    const { url, username, password, tls, maxConnections, pool, headRetentionMs, ...settings } =
      options;
    const refuse = (message: string, ...path: string[]): typeof z.NEVER => {
      context.addIssue({ code: 'custom', path, message });
      return z.NEVER;
    };
    const head = headRetention(headRetentionMs, settings.retention, (message) =>
      refuse(message, 'headRetentionMs'),
    );
    const resolved = { ...settings, headRetentionMs: head };
    const login = { username, password, tls, maxConnections };
    if (pool !== undefined) {
      const beside = Object.entries({ url, ...login }).find(([, value]) => value !== undefined);
      if (beside !== undefined) return refuse('goes with a url, not with a pool', beside[0]);
      return { ...resolved, source: pool };
    }
    if (url === undefined) return refuse('pass one of url and pool');
    return { ...resolved, source: { url, ...login } };
  });

/** Options with their defaults filled in. */
export type ResolvedStoreOptions = z.output<typeof optionsSchema>;

/** Where a pool of our own leads. */
export type OwnPoolSource = Exclude<ResolvedStoreOptions['source'], PostgresPool>;

export { optionsSchema as storeOptionsSchema };

/** Connections of a pool at most; not a number where it does not say. */
function mostOf(pool: unknown): number {
  return Number(Object(Object(pool).options).max);
}
