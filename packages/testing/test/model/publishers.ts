import { NotifyError, type NotifyRequest } from '@realtime-notify/core';
import type { Deployment } from './deployment.js';
import { audiences } from './history.js';
import type { Ledger } from './ledger.js';

const retryMs = 150;

/** Those who send. With a key they try again until it is accepted, on another node where one is dead. */
export class Publishers {
  readonly #deployment: Deployment;
  readonly #ledger: Ledger;
  #count = 0;
  #underWay = 0;

  constructor(deployment: Deployment, ledger: Ledger) {
    this.#deployment = deployment;
    this.#ledger = ledger;
  }

  /** How many still wait for an answer, or try again. */
  get underWay(): number {
    return this.#underWay;
  }

  send(node: number, to: number): void {
    this.#begin(node, { to: audienceOf(to), type: 'note', data: { text: this.#text() } });
  }

  sendEphemeral(node: number, to: number): void {
    const data = { text: this.#text() };
    this.#begin(node, { to: audienceOf(to), type: 'note', data, durable: false });
  }

  /** The same key has the same content and audience each time. */
  sendKeyed(node: number, key: number, text = `content of ${key}`): void {
    const idempotencyKey = `k${key}`;
    const data = { text, key: idempotencyKey };
    this.#begin(node, { to: audienceOf(key), type: 'note', data, idempotencyKey });
  }

  #text(): string {
    this.#count += 1;
    return `n${this.#count}`;
  }

  #begin(node: number, request: NotifyRequest): void {
    this.#underWay += 1;
    void this.#run(node, request).finally(() => {
      this.#underWay -= 1;
    });
  }

  async #run(first: number, request: NotifyRequest): Promise<void> {
    const { nodes } = this.#deployment;
    for (let node = first % nodes; ; node = (node + 1) % nodes) {
      try {
        const result = await this.#deployment.notify(node, request);
        this.#ledger.accept(result, request.idempotencyKey);
        return;
      } catch (error) {
        const again = request.idempotencyKey !== undefined && !isFinal(error);
        if (!again) return;
      }
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  }
}

function isFinal(error: unknown): boolean {
  return !NotifyError.is(error) || error.code === 'IDEMPOTENCY_CONFLICT';
}

function audienceOf(index: number): (typeof audiences)[number] {
  const audience = audiences[index % audiences.length];
  if (audience === undefined) throw new RangeError('there is no audience');
  return audience;
}
