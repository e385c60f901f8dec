import { join } from 'node:path';
import { freePort } from './ports.js';
import { launchRedis, type RedisInstance } from './redis.js';
import { asArgs, makeRedisCertificates, type RedisCertificates, tlsSettings } from './redis-tls.js';

/** A Redis that speaks TLS and knows a user with a password, beside its plain and open port. */
export interface SecureRedis {
  /** Plain, for its default user: to look at it and to disturb it. */
  readonly redis: RedisInstance;
  /** `rediss://`, without credentials. */
  readonly secureUrl: string;
  /** May do everything. */
  readonly user: { readonly username: string; readonly password: string };
  readonly certificates: RedisCertificates;
}

export interface SecureRedisOptions {
  /** Data, log and keys; used by this instance alone. */
  readonly dir: string;
  /** Whether clients must show a certificate; default no. */
  readonly askClients?: boolean;
}

/** Starts one with certificates of its own; resolves when it answers. */
export async function launchSecureRedis(options: SecureRedisOptions): Promise<SecureRedis> {
  const certificates = await makeRedisCertificates(join(options.dir, 'tls'));
  const user = { username: 'app', password: 'a-l0ng-pw' };
  const port = await freePort(0);
  const tls = tlsSettings(port, certificates, options.askClients === true ? 'yes' : 'no');
  const rules = ['on', `>${user.password}`, '~*', '&*', '+@all'];
  const args = [...asArgs(tls), '--user', user.username, ...rules];
  const redis = await launchRedis({ dir: options.dir, args });
  return { redis, secureUrl: `rediss://127.0.0.1:${port}`, user, certificates };
}
