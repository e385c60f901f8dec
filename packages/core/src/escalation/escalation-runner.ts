import { setMaxListeners } from 'node:events';
import type { LeasedWork } from '../ports/due-work.js';
import { pause } from '../time/pause.js';
import { besideHookMs, EscalationTurn, type TurnContext } from './escalation-turn.js';

/** What an {@link EscalationRunner} works with. */
export interface RunnerContext extends TurnContext {
  readonly pollMs: number;
  readonly concurrency: number;
}

/** Takes what is due and does it, some at a time. */
export class EscalationRunner {
  readonly #context: RunnerContext;
  readonly #leaseMs: number;
  readonly #running = new Set<Promise<void>>();
  /** Nothing more is taken. */
  readonly #stopping = new AbortController();
  readonly #closing = new AbortController();
  #polling: Promise<void> | undefined;

  constructor(context: RunnerContext) {
    this.#context = context;
    this.#leaseMs = Math.max(...context.rules.map(({ timeoutMs }) => timeoutMs)) + besideHookMs;
    // Each turn listens once at a time; from the eleventh on Node would call it a leak.
    setMaxListeners(context.concurrency, this.#closing.signal);
  }

  start(): void {
    this.#polling ??= this.#poll();
  }

  /** Takes nothing more; resolves when the calls under way have ended. */
  async drain(): Promise<void> {
    this.#stopping.abort();
    await this.#polling;
    await Promise.all(this.#running);
  }

  /** Ends at once: calls under way are aborted, and another node will make them again. */
  close(): void {
    this.#stopping.abort();
    this.#closing.abort();
  }

  async #poll(): Promise<void> {
    const { pollMs, concurrency } = this.#context;
    while (!this.#stopping.signal.aborted) {
      const leaseEnds = performance.now() + this.#leaseMs;
      const taken = await this.#take(concurrency - this.#running.size);
      for (const leased of taken) this.#begin(leased, leaseEnds);
      if (this.#running.size >= concurrency) await Promise.race(this.#running);
      // Nodes that began together do not ask together for ever.
      else if (taken.length === 0) {
        await pause(pollMs * (0.5 + Math.random()), this.#stopping.signal);
      }
    }
  }

  async #take(limit: number): Promise<readonly LeasedWork[]> {
    const { dueWork, logger } = this.#context;
    try {
      return await dueWork.take(limit, this.#leaseMs);
    } catch (error) {
      if (!this.#stopping.signal.aborted) {
        logger.warn({ err: error }, 'the store could not be asked for escalations that are due');
      }
      return [];
    }
  }

  #begin(leased: LeasedWork, leaseEnds: number): void {
    const closing = this.#closing.signal;
    const turn = new EscalationTurn(this.#context, leased, { leaseEnds, closing });
    const run = this.#stopping.signal.aborted ? turn.release() : turn.run();
    const running = run.finally(() => this.#running.delete(running));
    this.#running.add(running);
  }
}
