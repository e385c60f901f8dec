import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { z } from 'zod';
import {
  type ClusterSource,
  type HostPort,
  type IoredisClient,
  type RedisServer,
  type RedisSource,
  serverOf,
} from './redis-source.js';

/**
 * How TLS is spoken. Certificates are always checked, names included: for anything else hand in an
 * ioredis client of your own.
 */
export interface RedisTls {
  /** Authorities to trust, PEM. Default: those that Node trusts. */
  readonly ca?: string | Buffer | readonly (string | Buffer)[];
  /** Our own certificate, PEM, where the server asks for one; goes with `key`. */
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  /** Opens `key`. */
  readonly passphrase?: string;
  /** The name that the server's certificate must bear. Default: the host as it is addressed. */
  readonly servername?: string;
}

/** A master that Redis Sentinel watches. */
export interface RedisSentinel {
  /** The master's name, as the Sentinels are configured. */
  readonly name: string;
  /** Asked in turn for the master's address, at every connect. Default port: 26379. */
  readonly addresses: readonly { readonly host: string; readonly port?: number }[];
  /** Of the Sentinels themselves. Default: none is sent. */
  readonly username?: string;
  readonly password?: string;
  /** Towards the Sentinels; `false`: plain. Default: as `tls` towards the Redis servers. */
  readonly tls?: RedisTls | boolean;
  /** Number of the database; without meaning for pub/sub. Default 0. */
  readonly database?: number;
}

/** A Redis Cluster, version 7.0 or later. */
export interface RedisCluster {
  /**
   * Some of its nodes, asked in turn for all the others, which are reached under the addresses that they
   * announce. Default port: 6379.
   */
  readonly nodes: readonly { readonly host: string; readonly port?: number }[];
}

/** Who we are to Redis. Credentials appear in no log line, error or state. */
export interface RedisLogin {
  /** Default: Redis' own default user. */
  readonly username?: string;
  readonly password?: string;
}

/** Where the Redis is: one of `url`, `sentinel`, `cluster` and `redis`. */
export type RedisAddress =
  | (RedisLogin & {
      /** `redis://` or `rediss://` (TLS) `[[user]:password@]host[:port][/database]`. */
      readonly url: string;
      /** Only with `rediss://`. Default: `true`. */
      readonly tls?: RedisTls | true;
      readonly sentinel?: undefined;
      readonly cluster?: undefined;
      readonly redis?: undefined;
    })
  | (RedisLogin & {
      /** The master is looked up, and found again after a failover. */
      readonly sentinel: RedisSentinel;
      /** Towards the Redis servers. Default: plain. */
      readonly tls?: RedisTls | true;
      readonly url?: undefined;
      readonly cluster?: undefined;
      readonly redis?: undefined;
    })
  | (RedisLogin & {
      /** Its masters are looked up, and found again after a failover or when slots move. */
      readonly cluster: RedisCluster;
      /** Towards all its nodes. Default: plain. */
      readonly tls?: RedisTls | true;
      readonly url?: undefined;
      readonly sentinel?: undefined;
      readonly redis?: undefined;
    })
  | {
      /**
       * An ioredis client whose options (address, credentials, TLS, Sentinel) are taken for connections
       * of our own. The client itself is neither used nor closed; its `keyPrefix` and its retry and
       * queue settings do not apply. Not a Cluster client: name its nodes as `cluster`.
       */
      readonly redis: IoredisClient;
      readonly url?: undefined;
      readonly sentinel?: undefined;
      readonly cluster?: undefined;
      readonly username?: undefined;
      readonly password?: undefined;
      readonly tls?: undefined;
    };

const text = z.string().min(1);
const pem = z.union([text, z.custom<Buffer>((value) => Buffer.isBuffer(value))]);
const port = z.int().min(1).max(65_535);

const tlsSchema = z
  .strictObject({
    ca: z.union([pem, z.array(pem).min(1)]).optional(),
    cert: pem.optional(),
    key: pem.optional(),
    passphrase: text.optional(),
    servername: text.optional(),
  })
  .refine(
    ({ cert, key }) => (cert === undefined) === (key === undefined),
    'cert and key go together',
  )
  .refine(isUsable, 'ca, cert, key and passphrase must be PEM that fit together');

const sentinelSchema = z.strictObject({
  name: text,
  addresses: z
    .array(z.strictObject({ host: text, port: port.default(26_379) }))
    .min(1)
    .transform((addresses): readonly HostPort[] => addresses),
  username: text.optional(),
  password: text.optional(),
  tls: z.union([tlsSchema, z.boolean()]).optional(),
  database: z.int().min(0).optional(),
});

const clusterSchema = z.strictObject({
  nodes: z
    .array(z.strictObject({ host: text, port: port.default(6_379) }))
    .min(1)
    .transform((nodes): readonly HostPort[] => nodes),
});

/** The members of an options schema that say where the Redis is; {@link sourceOf} puts them together. */
export const addressFields = {
  url: z
    .string()
    .regex(/^rediss?:\/\//, 'must begin with redis:// or rediss://')
    .optional(),
  sentinel: sentinelSchema.optional(),
  cluster: clusterSchema.optional(),
  redis: z
    .custom<IoredisClient>(
      isSingleClient,
      'must be an ioredis client, not a Cluster: name its nodes as cluster',
    )
    .optional(),
  username: text.optional(),
  password: text.optional(),
  tls: z.union([tlsSchema, z.literal(true)]).optional(),
};

type AddressFields = z.output<z.ZodObject<typeof addressFields>>;

/** The source that the fields describe; tells `refuse` what is wrong with them where they do not. */
export function sourceOf(
  { url, sentinel, cluster, redis, username, password, tls }: AddressFields,
  refuse: (field: string | undefined, message: string) => void,
): RedisSource | ClusterSource | undefined {
  if ([url, sentinel, cluster, redis].filter((one) => one !== undefined).length !== 1) {
    refuse(undefined, 'pass one of url, sentinel, cluster and redis');
    return undefined;
  }
  const login = { username, password, tls: tls === true ? {} : tls };
  if (redis !== undefined) {
    const [given] = Object.entries({ username, password, tls }).find(([, value]) => value) ?? [];
    if (given !== undefined) refuse(given, 'comes with the client that redis is');
    return { redis };
  }
  if (sentinel !== undefined) {
    const { database = 0, tls: sentinelTls, ...sentinels } = sentinel;
    const resolved = sentinelTls === undefined ? login.tls : sentinelTls;
    const towardsSentinels = resolved === true ? {} : resolved || undefined;
    return { ...login, database, at: { ...sentinels, tls: towardsSentinels } };
  }
  if (cluster !== undefined) return { ...login, ...cluster };
  return serverAt(url ?? '', login, refuse);
}

function serverAt(
  url: string,
  login: Pick<RedisServer, 'username' | 'password' | 'tls'>,
  refuse: (field: string, message: string) => void,
): RedisServer | undefined {
  const server = serverOf(url);
  if (typeof server === 'string') {
    refuse('url', server);
    return undefined;
  }
  if (login.tls !== undefined && server.tls === undefined) {
    refuse('tls', 'needs a url that begins with rediss://');
  }
  for (const field of ['username', 'password'] as const) {
    if (login[field] !== undefined && server[field] !== undefined) refuse(field, 'is in url too');
  }
  return {
    ...server,
    username: login.username ?? server.username,
    password: login.password ?? server.password,
    tls: login.tls ?? server.tls,
  };
}

function isUsable(certificates: SecureContextOptions): boolean {
  try {
    createSecureContext(certificates);
    return true;
  } catch {
    return false;
  }
}

/** By shape: the host may use another installed copy of ioredis, where `instanceof` fails. */
function isSingleClient(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    'duplicate' in value &&
    typeof value.duplicate === 'function' &&
    !('isCluster' in value && value.isCluster === true)
  );
}
