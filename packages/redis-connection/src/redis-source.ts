import type { ConnectionOptions } from 'node:tls';
import type { Redis, RedisOptions } from 'ioredis';

/** One server's address. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** Who watches the master, and how they are spoken to. */
export interface Sentinels {
  readonly name: string;
  readonly addresses: readonly HostPort[];
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly tls: ConnectionOptions | undefined;
}

/** A Redis by its address. */
export interface RedisServer {
  readonly at: HostPort | Sentinels;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly tls: ConnectionOptions | undefined;
  readonly database: number;
}

/** A Cluster by some of its nodes, which name the others. */
export interface ClusterSource {
  readonly nodes: readonly HostPort[];
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly tls: ConnectionOptions | undefined;
}

/** What we ask of an ioredis client of the host's: a copy of our own, with its options. */
export interface IoredisClient {
  duplicate(override: RedisOptions): Redis;
}

/** One Redis: its address, or a client whose options are taken. */
export type RedisSource = RedisServer | { readonly redis: IoredisClient };

/**
 * The server that a `redis://` or `rediss://` URL names, or what is wrong with it. Read here, because
 * ioredis takes any option from a URL's query, also those that our promises rest on.
 * The complaint holds nothing of the URL, which may hold a password.
 */
export function serverOf(url: string): RedisServer | string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || parsed.hostname === '') return 'must name a host';
  if (parsed.search !== '' || parsed.hash !== '') {
    return 'must have no query: write settings as options';
  }
  const path = /^\/?(\d{0,4})$/.exec(parsed.pathname);
  if (path === null) return 'must end with nothing but the number of a database';
  try {
    return {
      at: {
        host: parsed.hostname.replace(/^\[|\]$/g, ''),
        port: parsed.port === '' ? 6_379 : Number(parsed.port),
      },
      username: decodeURIComponent(parsed.username) || undefined,
      password: decodeURIComponent(parsed.password) || undefined,
      tls: parsed.protocol === 'rediss:' ? {} : undefined,
      database: Number(path[1]),
    };
  } catch {
    return 'must have its user and password percent-encoded';
  }
}
