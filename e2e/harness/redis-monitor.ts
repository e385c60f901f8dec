import { Redis } from 'ioredis';

/** Which messages a Redis is asked to publish, as its MONITOR shows them. */
export interface RedisMonitor {
  /** The topics published to so far, in order. */
  readonly published: readonly string[];
  /** Resolves when Redis has shown all that it was asked before. */
  caughtUp(): Promise<void>;
  close(): void;
}

export async function monitorRedis(url: string): Promise<RedisMonitor> {
  const redis = new Redis(url);
  const monitor = await redis.monitor();
  const published: string[] = [];
  const marks = new Set<string>();
  monitor.on('monitor', (_time: string, [command = '', ...args]: string[]) => {
    const name = command.toLowerCase();
    if (name === 'publish' || name === 'spublish') published.push(args[0] ?? '');
    if (name === 'echo') marks.add(args[0] ?? '');
  });
  let count = 0;
  return {
    published,
    async caughtUp() {
      count += 1;
      const mark = `mark ${count}`;
      await redis.echo(mark);
      while (!marks.has(mark)) await new Promise((resolve) => setTimeout(resolve, 5));
    },
    close() {
      monitor.disconnect();
      redis.disconnect();
    },
  };
}
