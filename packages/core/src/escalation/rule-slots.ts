/** What {@link RuleSlots} go by. */
export interface RuleSlotsContext {
  readonly rules: readonly { readonly name: string }[];
  /** Calls of each rule under way. */
  readonly concurrency: number;
  /** A call that takes longer holds up no other rules. */
  readonly patienceMs: number;
}

/** Names a rule; undefined for what is of none that this node has. */
export type RuleName = string | undefined;

interface Slots {
  /** Since when each call has been under way, the oldest first. */
  readonly since: Set<{ readonly at: number }>;
  /** Pieces that were passed over since a call last began. */
  passedOver: number;
}

/** However long a service has been hanging, its calls are looked for again after so long. */
const longestPassMs = 60_000;

/**
 * The calls under way on this node, counted by rule. What is due cannot be asked for by rule: so no more is taken
 * than there is room for, whatever rule it is of. Only a rule that is full and slow is looked past.
 */
export class RuleSlots {
  readonly #context: RuleSlotsContext;
  readonly #slots: ReadonlyMap<RuleName, Slots>;

  constructor(context: RuleSlotsContext) {
    this.#context = context;
    const names = [...context.rules.map(({ name }) => name), undefined];
    this.#slots = new Map(names.map((name) => [name, { since: new Set(), passedOver: 0 }]));
  }

  /** How many pieces of work there is room for; none where there is no other rule to look for. */
  room(): number {
    const open = [...this.#slots].filter(([, slots]) => !this.#isStuck(slots));
    if (open.every(([name]) => name === undefined)) return 0;
    return Math.min(...open.map(([, slots]) => this.#free(slots)));
  }

  /** Begins a call; gives what ends it. Undefined where the rule is full. */
  begin(rule: RuleName): (() => void) | undefined {
    const slots = this.#slots.get(rule);
    if (slots === undefined || this.#free(slots) === 0) return undefined;
    const call = { at: performance.now() };
    slots.since.add(call);
    slots.passedOver = 0;
    return () => void slots.since.delete(call);
  }

  /**
   * Passes over a piece of a rule that is full: gives how long until its turn may come, as those before it take at
   * least as long as the calls that are under way.
   */
  passOver(rule: RuleName): number {
    const slots = this.#slots.get(rule);
    if (slots === undefined) return longestPassMs;
    slots.passedOver += 1;
    const { concurrency, patienceMs } = this.#context;
    const turnMs = (this.#oldestMs(slots) * slots.passedOver) / concurrency;
    return Math.min(longestPassMs, Math.max(patienceMs, turnMs));
  }

  #isStuck(slots: Slots): boolean {
    return this.#free(slots) === 0 && this.#oldestMs(slots) > this.#context.patienceMs;
  }

  #free({ since }: Slots): number {
    return this.#context.concurrency - since.size;
  }

  #oldestMs({ since }: Slots): number {
    const [oldest] = since;
    return oldest === undefined ? 0 : performance.now() - oldest.at;
  }
}
