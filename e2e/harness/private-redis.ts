import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchRedis } from '../../scripts/services/redis.js';

/** A server of one test's own that may be killed. */
export interface PrivateServer {
  readonly url: string;
  kill9(): Promise<void>;
  /** Stands still without a word to anybody, until `goOn`. */
  standStill(): Promise<void>;
  goOn(): Promise<void>;
  /** The same address and data. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const durable = ['--appendonly', 'yes', '--appendfsync', 'always'];

/** @param args - more arguments of redis-server; by default it keeps what it has confirmed */
export async function privateRedis(args: readonly string[] = durable): Promise<PrivateServer> {
  const dir = await mkdtemp(join(tmpdir(), 'realtime-notify-redis-'));
  const redis = await launchRedis({ dir, args });
  return {
    url: redis.url,
    kill9: () => redis.kill('SIGKILL'),
    standStill: () => redis.kill('SIGSTOP'),
    goOn: () => redis.kill('SIGCONT'),
    restart: redis.restart,
    async stop() {
      await redis.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
