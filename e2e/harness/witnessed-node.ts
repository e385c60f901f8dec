import { randomUUID } from 'node:crypto';
import { Crowd } from './crowd.js';
import { expectDelivery } from './expect-delivery.js';
import { type NodeProcess, startNode } from './node-process.js';
import { type Accepted, notify, tokenFor } from './publisher.js';
import { type RedisDatabase, redisDatabase } from './redis-database.js';
import type { StreamReader } from './stream-reader.js';

/**
 * A node under bad input, and a user, the witness, whose event stream and WebSocket on that node must not
 * feel any of it.
 */
export class WitnessedNode {
  readonly base: string;
  readonly secret: string;
  readonly redis: RedisDatabase;
  /** A user of its own for the test, member of `group`. */
  readonly user: string;
  readonly token: string;
  readonly group: string;
  /** A group that the user is not in. */
  readonly foreignGroup: string;
  readonly #node: NodeProcess;
  readonly #witness: string;
  readonly #witnesses: Crowd;
  readonly #toWitness: Accepted[] = [];

  private constructor(parts: {
    readonly run: string;
    readonly secret: string;
    readonly redis: RedisDatabase;
    readonly node: NodeProcess;
    readonly witnesses: Crowd;
    readonly token: string;
  }) {
    const { run, node } = parts;
    this.base = node.base;
    this.secret = parts.secret;
    this.redis = parts.redis;
    this.user = `${run}-user`;
    this.token = parts.token;
    this.group = `${run}-g1`;
    this.foreignGroup = `${run}-g2`;
    this.#node = node;
    this.#witness = `${run}-witness`;
    this.#witnesses = parts.witnesses;
  }

  static async start(): Promise<WitnessedNode> {
    const run = randomUUID().slice(0, 8);
    const secret = randomUUID() + randomUUID();
    const redis = await redisDatabase();
    const settings = { BROKER: 'redis', STORE: 'redis', REDIS_URL: redis.url } as const;
    const node = await startNode({ ...settings, NODE_ID: 'node-a', JWT_SECRET: secret });
    const groups = [`${run}-g1`];
    const witnesses = await Crowd.connect([{ user: `${run}-witness`, groups }], [node, node]);
    const token = await tokenFor(node.base, `${run}-user`, groups);
    return new WitnessedNode({ run, secret, redis, node, witnesses, token });
  }

  get witnesses(): readonly StreamReader[] {
    return this.#witnesses.followers.map(({ reader }) => reader);
  }

  async notifyWitness(): Promise<void> {
    const body = { to: { user: this.#witness }, type: 'message', data: { text: 'still here?' } };
    this.#toWitness.push(...(await notify(this.base, body)));
  }

  /** The process lives, and the witness's streams never broke and still hear everything. */
  async assertUntouched(): Promise<void> {
    await this.#node.assertHealthy();
    await this.notifyWitness();
    await expectDelivery(this.#toWitness, this.#witnesses.followers, []);
    for (const { name, log } of this.witnesses) {
      if (log.readies.length !== 1) throw new Error(`${name} had to connect again`);
    }
  }

  async stop(): Promise<void> {
    this.#witnesses.leave();
    await this.#node.stop();
    await this.redis.release();
  }
}
