import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { eventually } from '../../harness/eventually.js';
import type { NodeProcess } from '../../harness/node-process.js';
import type { Accepted } from '../../harness/publisher.js';
import { Traffic } from '../../harness/traffic.js';
import { type SharedSettings, startNodes } from '../../harness/two-nodes.js';
import type { CrowdTally } from './crowd-messages.js';
import { type FaultRow, summaryOf } from './load-summary.js';
import { heavyMix, type Mix, membersOf, nthNotification } from './population.js';
import { RemoteCrowd } from './remote-crowd.js';

export interface LoadOptions {
  /** Each has an event stream at one node and a WebSocket at the other. Default 300. */
  readonly users?: number;
  /** Default {@link notificationsPerSecond}. */
  readonly perSecond?: number;
  /** Publishes under way at most: the pace is kept while each is answered in their number divided by it. Default 32. */
  readonly publishers?: number;
  /** Default: the heavy one. */
  readonly mix?: Mix;
}

/** How much there is to do; settings, for longer and heavier runs by hand. */
export const notificationsPerSecond = Number(process.env.GUARANTEES_PER_SECOND ?? 500);
/** For a test that is to have seen so many in the average of its whole run, its end included. */
export const amplyPerSecond = Math.ceil(notificationsPerSecond * 1.04);
/** Stretches every moment of a run. */
export const stretch = Number(process.env.GUARANTEES_STRETCH ?? 1);

/** A fault: `strike` resolves when it is over, and from then on the clients are to catch up. */
export interface Fault {
  readonly name: string;
  /** Since the beginning of the traffic. */
  readonly atMs: number;
  readonly strike: () => Promise<void>;
}

/**
 * Two servers as processes, 600 raw clients in another one (each user has an event stream at one node and a
 * WebSocket at the other), and publishers at a steady pace that try
 * again with idempotency keys until they are accepted.
 */
export class Load {
  readonly a: NodeProcess;
  readonly b: NodeProcess;
  readonly #crowd: RemoteCrowd;
  readonly #traffic: Traffic;
  readonly #startedAt = Date.now();
  readonly #faults: FaultRow[] = [];

  private constructor(a: NodeProcess, b: NodeProcess, crowd: RemoteCrowd, traffic: Traffic) {
    this.a = a;
    this.b = b;
    this.#crowd = crowd;
    this.#traffic = traffic;
  }

  /** Begins under way: everybody is connected, and the traffic has started. For one test. */
  static async start(
    settings: (name: string) => SharedSettings,
    options: LoadOptions = {},
  ): Promise<Load> {
    const { users = 300, publishers = 32, mix = heavyMix } = options;
    const { perSecond = notificationsPerSecond } = options;
    const run = randomUUID().slice(0, 8);
    const { nodes, stop } = await startNodes(['node-a', 'node-b'], settings);
    onTestFinished(stop);
    const [a, b] = nodes;
    if (a === undefined || b === undefined) throw new Error('two nodes were to be started');
    const crowd = new RemoteCrowd();
    onTestFinished(() => crowd.leave());
    const population = { run, users };
    await crowd.connect({ members: membersOf(population), nodes: [visible(a), visible(b)] });
    const traffic = new Traffic({
      nodes,
      publishers,
      perSecond,
      nth: (n) => nthNotification(population, n, mix),
    });
    onTestFinished(() => void traffic.stop().catch(() => undefined));
    return new Load(a, b, crowd, traffic);
  }

  get nodes(): readonly NodeProcess[] {
    return [this.a, this.b];
  }

  /** Waits until so much time has passed since the traffic began. */
  async until(ms: number): Promise<void> {
    await delay(Math.max(0, this.#startedAt + ms * stretch - Date.now()));
  }

  /** Lets a fault happen and waits until every client has what had been accepted when it was over. */
  async suffer({ name, atMs, strike }: Fault): Promise<void> {
    await this.until(atMs);
    const before = await this.#crowd.tally();
    const acceptedBefore = this.#traffic.accepted.length;
    const begun = Date.now();
    await strike();
    const over = Date.now();
    const acceptedBy = this.#traffic.accepted.length;
    await this.#crowd.reach({ heads: headsOf(this.#traffic.accepted), timeoutMs: 90_000 });
    const caughtUp = Date.now();
    await eventually(
      'publishers are heard again',
      () => this.#traffic.accepted.length > acceptedBy,
    );
    const heard = Date.now();
    const after = await this.#crowd.tally();
    this.#faults.push({
      name,
      atMs: begun - this.#startedAt,
      lastedMs: over - begun,
      caughtUpMs: caughtUp - over,
      heardMs: heard - over,
      accepted: acceptedBy,
      acceptedMeanwhile: acceptedBy - acceptedBefore,
      reconnects: after.reconnects - before.reconnects,
      repeats: after.repeats - before.repeats,
    });
  }

  /** Those whose node was restarted go back to it, as a balancer would have it in time. */
  returnTo(node: NodeProcess): Promise<void> {
    return this.#crowd.returnTo(node);
  }

  /**
   * Ends the traffic; everything accepted is at every client that should have it, in order, once.
   * Prints what happened.
   */
  async finish(title: string): Promise<CrowdTally> {
    const accepted = await this.#traffic.stop();
    const stopped = Date.now();
    await this.#crowd.expectDelivery({ accepted, nodes: this.nodes.map(visible) });
    const tally = await this.#crowd.tally();
    const totals = {
      accepted: accepted.length,
      tally,
      tookMs: stopped - this.#startedAt,
      judgedMs: Date.now() - stopped,
      lines: await Promise.all(this.nodes.map(linesOf)),
    };
    console.log(summaryOf(title, totals, this.#faults));
    for (const node of this.nodes) await node.assertHealthy();
    return tally;
  }
}

function headsOf(accepted: readonly Accepted[]): Map<string, number> {
  const heads = new Map<string, number>();
  for (const { channel, offset = 0 } of accepted) {
    heads.set(channel, Math.max(offset, heads.get(channel) ?? 0));
  }
  return heads;
}

async function linesOf(node: NodeProcess): Promise<number> {
  return (await node.output()).trim().split('\n').length;
}

const visible = ({ name, base }: NodeProcess) => ({ name, base });
