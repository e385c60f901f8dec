import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchRedis, type RedisInstance } from '../../scripts/services/redis.js';

/** A Redis of one measurement's own. */
export class BenchRedis {
  readonly #redis: RedisInstance;
  readonly #dir: string;

  private constructor(redis: RedisInstance, dir: string) {
    this.#redis = redis;
    this.#dir = dir;
  }

  static async start(): Promise<BenchRedis> {
    const dir = await mkdtemp(join(tmpdir(), 'realtime-notify-bench-'));
    return new BenchRedis(await launchRedis({ dir }), dir);
  }

  get url(): string {
    return this.#redis.url;
  }

  async stop(): Promise<void> {
    await this.#redis.stop();
    await rm(this.#dir, { recursive: true, force: true });
  }
}
