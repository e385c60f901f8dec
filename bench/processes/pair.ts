import { randomBytes } from 'node:crypto';
import { settings } from '../settings.js';
import { variantOf } from '../variants.js';
import { BenchRedis } from './bench-redis.js';
import { Child } from './child.js';
import {
  cpuAnswer,
  doneAnswer,
  type LoadCommand,
  latencyAnswer,
  loopAnswer,
  memoryAnswer,
  portAnswer,
  type ServerCommand,
} from './commands.js';
import type { LoopFigures } from './loop-watch.js';

/** Half and 99 of a hundred are not slower, in milliseconds. */
export interface Latency {
  readonly p50: number;
  readonly p99: number;
}

/** A variant's server and the load on it, each in its own process. */
export class Pair {
  readonly #server: Child<ServerCommand>;
  readonly #load: Child<LoadCommand>;

  private constructor(server: Child<ServerCommand>, load: Child<LoadCommand>) {
    this.#server = server;
    this.#load = load;
  }

  /** Runs `use` with the two processes of a variant, and ends them. */
  static async with<Result>(
    variant: string,
    use: (pair: Pair) => Promise<Result>,
  ): Promise<Result> {
    const secret = randomBytes(32).toString('hex');
    const redis = variantOf(variant).onRedis ? await BenchRedis.start() : undefined;
    const children: Child<never>[] = [];
    try {
      const args = [variant, secret, ...(redis === undefined ? [] : [redis.url])];
      const server = new Child<ServerCommand>('server.ts', args, 0);
      children.push(server);
      const port = await server.started(portAnswer);
      const load = new Child<LoadCommand>('load.ts', [variant, String(port), secret], 1);
      children.push(load);
      await load.started(doneAnswer);
      return await use(new Pair(server, load));
    } finally {
      await Promise.all(children.map((child) => child.stop()));
      await redis?.stop();
    }
  }

  /** Opens so many streams, each of another user; what the handshakes took. */
  open(count: number): Promise<Latency> {
    return this.#load.ask({ do: 'open', count, inFlight: settings.IN_FLIGHT }, latencyAnswer);
  }

  /** All streams are left; the next are of the same users. */
  async close(): Promise<void> {
    await this.#load.ask({ do: 'close' }, doneAnswer);
  }

  /** Has the server send, until the receivers have `deliveries` more messages. */
  async send(command: ServerCommand, deliveries: number): Promise<void> {
    await Promise.all([
      this.#load.ask({ do: 'expect', count: deliveries }, doneAnswer),
      this.#server.ask(command, doneAnswer),
    ]);
  }

  /** As {@link send}; how long the messages were under way. */
  async latencyOf(command: ServerCommand, deliveries: number): Promise<Latency> {
    await this.#load.ask({ do: 'recordLatencies' }, doneAnswer);
    await this.send(command, deliveries);
    return this.#load.ask({ do: 'latencies' }, latencyAnswer);
  }

  /** Rejects where more came than was sent. */
  async settle(): Promise<void> {
    await this.#load.ask({ do: 'settle' }, doneAnswer);
  }

  /** Server CPU (user and system) that `work` took, in microseconds. */
  async cpuOf(work: () => Promise<unknown>): Promise<number> {
    const before = await this.#server.ask({ do: 'cpu' }, cpuAnswer);
    await work();
    return (await this.#server.ask({ do: 'cpu' }, cpuAnswer)) - before;
  }

  /** How long the server's event loop kept others waiting during `work`, in milliseconds. */
  async loopDelaysOf(work: () => Promise<unknown>): Promise<LoopFigures> {
    await this.#server.ask({ do: 'watchLoop' }, doneAnswer);
    await work();
    return this.#server.ask({ do: 'loop' }, loopAnswer);
  }

  /** What the server holds after a forced collection, in bytes. */
  memory(): Promise<{ readonly rss: number; readonly heap: number; readonly external: number }> {
    return this.#server.ask({ do: 'memory' }, memoryAnswer);
  }
}
