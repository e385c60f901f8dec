import { Redis } from 'ioredis';

/** What a Redis has done since it began. */
export interface RedisFigures {
  /** Calls by command; scripts count as `evalsha`, what they call counts beside. */
  readonly calls: ReadonlyMap<string, number>;
  /** Microseconds of CPU, user and system. */
  readonly cpu: number;
}

/** Asks a Redis what it has done. */
export class RedisCosts {
  readonly #redis: Redis;

  constructor(url: string) {
    this.#redis = new Redis(url);
  }

  async look(): Promise<RedisFigures> {
    const stats = await this.#redis.info('commandstats');
    const cpu = await this.#redis.info('cpu');
    const calls = new Map(
      [...stats.matchAll(/^cmdstat_(\S+):calls=(\d+)/gm)].map(([, name = '', count]) => [
        name,
        Number(count),
      ]),
    );
    const seconds = [...cpu.matchAll(/^used_cpu_(?:sys|user):([\d.]+)/gm)];
    return { calls, cpu: seconds.reduce((sum, [, text]) => sum + Number(text) * 1e6, 0) };
  }

  close(): void {
    this.#redis.disconnect();
  }
}
