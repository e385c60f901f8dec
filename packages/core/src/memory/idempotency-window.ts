import { OldestFirst } from '../collections/oldest-first.js';
import type { StoredEnvelope } from '../notification/notification.js';

interface Entry {
  readonly digest: string;
  readonly envelope: StoredEnvelope;
  readonly expiresAt: number;
}

/** Remembers first appends by idempotency key for a while. Bounded: the oldest make room. */
export class IdempotencyWindow {
  readonly #windowMs: number;
  readonly #maxKeys: number;
  /** The order is that of expiry. */
  readonly #entries = new OldestFirst<string, Entry>();

  constructor(windowMs: number, maxKeys: number) {
    this.#windowMs = windowMs;
    this.#maxKeys = maxKeys;
  }

  find(channel: string, key: string): Entry | undefined {
    this.#forgetExpired();
    return this.#entries.get(entryKey(channel, key));
  }

  remember(key: string, digest: string, envelope: StoredEnvelope): void {
    const expiresAt = Date.now() + this.#windowMs;
    this.#entries.set(entryKey(envelope.channel, key), { digest, envelope, expiresAt });
    const oldest = this.#entries.size > this.#maxKeys ? this.#entries.oldest() : undefined;
    if (oldest !== undefined) this.#entries.delete(oldest[0]);
  }

  #forgetExpired(): void {
    const now = Date.now();
    let oldest = this.#entries.oldest();
    while (oldest !== undefined && oldest[1].expiresAt <= now) {
      this.#entries.delete(oldest[0]);
      oldest = this.#entries.oldest();
    }
  }
}

/** The length keeps a channel's text and a key's text apart, whatever characters they hold. */
function entryKey(channel: string, key: string): string {
  return `${channel.length}:${channel}${key}`;
}
