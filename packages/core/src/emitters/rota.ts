/** How many parts a period is cut into, so that not all members have their turn in the same tick. */
const parts = 16;

/**
 * Gives each member its turn once per period, with one timer for all of them: heartbeats and liveness
 * checks of transports.
 */
export class Rota<Member> {
  readonly #turn: (member: Member) => void;
  readonly #slots: Set<Member>[] = Array.from({ length: parts }, () => new Set());
  readonly #periodMs: number;
  #timer: NodeJS.Timeout | undefined;
  #next = 0;
  #added = 0;

  /**
   * @param periodMs - time between two turns of one member
   * @param turn - what is done; must not throw
   */
  constructor(periodMs: number, turn: (member: Member) => void) {
    this.#periodMs = periodMs;
    this.#turn = turn;
  }

  /** Puts a member on the rota; its first turn comes within one period. */
  add(member: Member): void {
    const slot = this.#slots[(this.#next + this.#added) % parts];
    this.#added += 1;
    slot?.add(member);
    if (this.#timer === undefined) {
      this.#timer = setInterval(() => this.#run(), this.#periodMs / parts);
      this.#timer.unref();
    }
  }

  /** Takes a member off, if it is on. */
  remove(member: Member): void {
    for (const slot of this.#slots) if (slot.delete(member)) return;
  }

  /** Stops the timer, for good or until the next member is added. */
  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    for (const slot of this.#slots) slot.clear();
  }

  #run(): void {
    for (const member of [...(this.#slots[this.#next] ?? [])]) this.#turn(member);
    this.#next = (this.#next + 1) % parts;
  }
}
