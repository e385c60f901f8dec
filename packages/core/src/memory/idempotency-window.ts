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
  /** In the order of insertion, which is the order of expiry. */
  readonly #entries = new Map<string, Entry>();

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
    if (this.#entries.size > this.#maxKeys) this.#forgetOldest();
  }

  #forgetExpired(): void {
    const now = Date.now();
    for (const [key, entry] of this.#entries) {
      if (entry.expiresAt > now) return;
      this.#entries.delete(key);
    }
  }

  #forgetOldest(): void {
    for (const key of this.#entries.keys()) {
      this.#entries.delete(key);
      return;
    }
  }
}

/** The length keeps a channel's text and a key's text apart, whatever characters they hold. */
function entryKey(channel: string, key: string): string {
  return `${channel.length}:${channel}${key}`;
}
