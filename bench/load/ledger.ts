import {
  everybody,
  mark,
  nowMicroseconds,
  receiverDigits,
  sequenceDigits,
  stampBytes,
  timeDigits,
} from '../message.js';

const zero = 48;
const noBytes = Buffer.alloc(0);

/**
 * What every receiver has got. Each must see the numbers 0, 1, 2 ... and nothing that is another's; so
 * once the total is right, everyone has everything, once and in order.
 */
export class Ledger {
  readonly #next: number[] = [];
  readonly #torn: Buffer[] = [];
  #received = 0;
  #latencies: number[] | undefined;

  get received(): number {
    return this.#received;
  }

  /** A new receiver; its index. */
  add(): number {
    this.#torn.push(noBytes);
    return this.#next.push(0) - 1;
  }

  /** Keeps how long each message was under way, in microseconds, until the function returned is called. */
  recordLatencies(): () => readonly number[] {
    const latencies: number[] = [];
    this.#latencies = latencies;
    return () => {
      this.#latencies = undefined;
      return latencies;
    };
  }

  /**
   * Takes what a receiver read.
   * @throws Error where a message is missing, repeated, out of order, or another's
   */
  take(receiver: number, chunk: Buffer): void {
    const torn = this.#torn[receiver] ?? noBytes;
    const bytes = torn.length === 0 ? chunk : Buffer.concat([torn, chunk]);
    const now = this.#latencies === undefined ? 0 : nowMicroseconds();
    let at = bytes.indexOf(mark);
    while (at >= 0 && at + stampBytes <= bytes.length) {
      this.#check(receiver, bytes, at + mark.length, now);
      at = bytes.indexOf(mark, at + stampBytes);
    }
    if (at < 0 && bytes.at(-1) === mark[0]) at = bytes.length - 1;
    if (at >= 0 || torn.length > 0) {
      this.#torn[receiver] = at < 0 ? noBytes : Buffer.from(bytes.subarray(at));
    }
  }

  #check(receiver: number, bytes: Buffer, at: number, now: number): void {
    const sequence = digits(bytes, at, sequenceDigits);
    const addressee = digits(bytes, at + sequenceDigits, receiverDigits);
    const expected = this.#next[receiver] ?? Number.NaN;
    if (sequence !== expected) {
      throw new Error(`receiver ${receiver} got message ${sequence} where ${expected} was next`);
    }
    if (addressee !== everybody && addressee !== receiver) {
      throw new Error(`receiver ${receiver} got a message for receiver ${addressee}`);
    }
    this.#next[receiver] = expected + 1;
    this.#received += 1;
    if (this.#latencies === undefined) return;
    const sent = digits(bytes, at + sequenceDigits + receiverDigits, timeDigits);
    this.#latencies.push(now - sent);
  }
}

function digits(bytes: Buffer, from: number, count: number): number {
  let value = 0;
  for (let at = from; at < from + count; at += 1) value = value * 10 + (bytes[at] ?? zero) - zero;
  return value;
}
