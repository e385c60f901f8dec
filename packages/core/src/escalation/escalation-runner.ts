import { setMaxListeners } from 'node:events';
import type { LeasedWork } from '../ports/due-work.js';
import { pause } from '../time/pause.js';
import { besideHookMs, EscalationTurn, type TurnContext } from './escalation-turn.js';
import { RuleSlots } from './rule-slots.js';

/** What an {@link EscalationRunner} works with. */
export interface RunnerContext extends TurnContext {
  readonly pollMs: number;
  /** Calls of each rule under way. */
  readonly concurrency: number;
}

/** Takes what is due and does it, of each rule some at a time. */
export class EscalationRunner {
  readonly #context: RunnerContext;
  readonly #leaseMs: number;
  readonly #slots: RuleSlots;
  readonly #running = new Set<Promise<void>>();
  /** Nothing more is taken. */
  readonly #stopping = new AbortController();
  readonly #closing = new AbortController();
  #polling: Promise<void> | undefined;
  /** Ends a wait for room. */
  #thereIsRoom = (): void => {};

  constructor(context: RunnerContext) {
    this.#context = context;
    const { rules, concurrency, pollMs } = context;
    this.#leaseMs = Math.max(...rules.map(({ timeoutMs }) => timeoutMs)) + besideHookMs;
    this.#slots = new RuleSlots({ rules, concurrency, patienceMs: pollMs });
    // Each turn listens once at a time; from the eleventh on Node would call it a leak.
    setMaxListeners(concurrency * (rules.length + 2), this.#closing.signal);
  }

  start(): void {
    this.#polling ??= this.#poll();
  }

  /** Takes nothing more; resolves when the calls under way have ended. */
  async drain(): Promise<void> {
    this.#stop();
    await this.#polling;
    await Promise.all(this.#running);
  }

  /** Ends at once: calls under way are aborted, and another node will make them again. */
  close(): void {
    this.#stop();
    this.#closing.abort();
  }

  #stop(): void {
    this.#stopping.abort();
    this.#thereIsRoom();
  }

  async #poll(): Promise<void> {
    const { pollMs } = this.#context;
    while (!this.#stopping.signal.aborted) {
      const room = this.#slots.room();
      if (room === 0) {
        await this.#waitForRoom();
        continue;
      }
      const leaseEnds = performance.now() + this.#leaseMs;
      const taken = await this.#take(room);
      await Promise.all(taken.map((leased) => this.#begin(leased, leaseEnds)));
      // Nodes that began together do not ask together for ever.
      if (taken.length === 0) await pause(pollMs * (0.5 + Math.random()), this.#stopping.signal);
    }
  }

  /** Until a call ends; or, where they all are slow, until that is seen. */
  async #waitForRoom(): Promise<void> {
    const waiting = new AbortController();
    this.#thereIsRoom = () => waiting.abort();
    await pause(this.#context.pollMs, waiting.signal);
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

  /** Resolves when it is under way, or given back. */
  async #begin(leased: LeasedWork, leaseEnds: number): Promise<void> {
    const closing = this.#closing.signal;
    const turn = new EscalationTurn(this.#context, leased, { leaseEnds, closing });
    if (this.#stopping.signal.aborted) return turn.giveBack(0);
    const end = this.#slots.begin(turn.rule?.name);
    if (end === undefined) return turn.giveBack(this.#slots.passOver(turn.rule?.name));
    const running = turn.run().finally(() => {
      end();
      this.#running.delete(running);
      this.#thereIsRoom();
    });
    this.#running.add(running);
  }
}
