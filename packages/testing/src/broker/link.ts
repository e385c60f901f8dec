import type {
  Broker,
  BrokerSink,
  BrokerStartOptions,
  BrokerState,
  Envelope,
} from '@realtime-notify/core';
import { NotifyError } from '@realtime-notify/core';
import type { SharedBroker } from './shared-broker.js';

/** How long a publish waits for an answer that does not come. */
const patienceMs = 1_000;

/** One node's link to the broker that all share. */
export class Link implements Broker {
  readonly capabilities = Object.freeze({ remote: true, routing: 'interest' as const });
  /** The node's number. */
  readonly node: number;
  readonly #server: SharedBroker;
  readonly #wanted = new Set<string>();
  /** What the server has this link down for. */
  readonly #subscribed = new Set<string>();
  #sink: BrokerSink | undefined;
  #publishOnly = false;
  #closed = false;
  /** Nothing passes, whether the node knows or not. */
  #dead = false;
  #noticing: NodeJS.Timeout | undefined;
  #state: BrokerState['state'] | undefined;
  /** Until when the last envelope is on its way: those after it come later. */
  #arrivesAt = 0;
  /** Counts interruptions: what was on its way is lost in one. */
  #life = 0;

  constructor(server: SharedBroker, node: number) {
    this.#server = server;
    this.node = node;
  }

  async start(sink: BrokerSink, { publishOnly = false }: BrokerStartOptions = {}): Promise<void> {
    this.#assertOpen();
    this.#sink = sink;
    this.#publishOnly = publishOnly;
    this.#server.join(this);
    this.#report(this.#dead ? 'down' : 'up');
  }

  async publish(envelopes: readonly Envelope[]): Promise<void> {
    await this.#reach();
    this.#server.carry(envelopes);
    // The envelopes are there; whether the answer comes back is another matter.
    await this.#reach();
  }

  async subscribe(channels: readonly string[]): Promise<void> {
    if (this.#publishOnly) throw new NotifyError('PUBLISH_ONLY', 'this node only publishes');
    for (const channel of channels) this.#wanted.add(channel);
    await this.#reach();
    for (const channel of channels) if (this.#wanted.has(channel)) this.#subscribed.add(channel);
  }

  async unsubscribe(channels: readonly string[]): Promise<void> {
    for (const channel of channels) this.#wanted.delete(channel);
    await this.#reach();
    for (const channel of channels) {
      if (!this.#wanted.has(channel)) this.#subscribed.delete(channel);
    }
  }

  async probe(): Promise<void> {
    await this.#reach();
  }

  async drain(): Promise<void> {}

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#noticing);
    this.#server.leave(this);
  }

  /** Brings an envelope that the server has for this link, if it should have it. */
  bring(envelopes: readonly Envelope[]): void {
    if (this.#dead) return;
    const mine = envelopes.filter(({ channel }) => this.#subscribed.has(channel));
    const life = this.#life;
    for (const { delayMs, inTurn, envelopes: together } of this.#server.fatesOf(mine)) {
      const now = performance.now();
      const at = inTurn ? Math.max(this.#arrivesAt, now + delayMs) : now + delayMs;
      if (inTurn) this.#arrivesAt = at;
      const receive = (): void => {
        if (life === this.#life && !this.#closed) this.#sink?.receive(together);
      };
      if (at <= now) setImmediate(receive);
      else setTimeout(receive, at - now);
    }
  }

  /** Nothing passes from now on; the node learns it after a while. */
  die(noticedAfterMs: number): void {
    this.#dead = true;
    this.#life += 1;
    clearTimeout(this.#noticing);
    if (noticedAfterMs <= 0) this.#goDown();
    else if (Number.isFinite(noticedAfterMs)) {
      this.#noticing = setTimeout(() => this.#goDown(), noticedAfterMs);
    }
  }

  /** What passes, passes again. A node that knew of the interruption is told that it is over. */
  revive(): void {
    if (!this.#dead) return;
    this.#dead = false;
    clearTimeout(this.#noticing);
    if (this.#state !== 'down') return;
    for (const channel of this.#wanted) this.#subscribed.add(channel);
    this.#sink?.resync('the link to the simulated broker is back');
    this.#report('up');
  }

  #goDown(): void {
    this.#subscribed.clear();
    this.#report('down');
  }

  #report(state: BrokerState['state']): void {
    if (this.#sink === undefined || this.#closed || state === this.#state) return;
    this.#state = state;
    this.#sink.status(state === 'up' ? { state } : { state, error: unavailable() });
  }

  /** A message to the server and its answer. */
  async #reach(): Promise<void> {
    this.#assertOpen();
    if (this.#state === 'down') throw unavailable();
    const life = this.#life;
    await new Promise<void>((resolve) => {
      if (this.#dead) setTimeout(resolve, patienceMs);
      else setImmediate(resolve);
    });
    this.#assertOpen();
    if (this.#dead || life !== this.#life) throw unavailable();
  }

  #assertOpen(): void {
    if (this.#closed) throw new NotifyError('CLOSED', 'the broker is closed');
  }
}

function unavailable(): NotifyError {
  return new NotifyError('BROKER_UNAVAILABLE', 'the link to the simulated broker is away');
}
