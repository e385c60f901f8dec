import { NotifyError, withinMs } from '@realtime-notify/core';
import { unavailable } from './driver-errors.js';

/** What a probe is: no message of ours came back although Redis took it. */
export class NoRoundTrip extends NotifyError {
  constructor(timeoutMs: number) {
    super('BROKER_UNAVAILABLE', `broker-redis: no round trip within ${timeoutMs} ms`);
  }
}

interface Flight {
  readonly token: string;
  readonly landed: Promise<void>;
  arrive(): void;
  abandon(error: NotifyError): void;
}

/** Sends a message to ourselves through Redis and waits for it. One is under way at a time. */
export class SelfProbe {
  readonly #send: (token: string) => Promise<void>;
  readonly #timeoutMs: number;
  #count = 0;
  #flight: Flight | undefined;

  constructor(send: (token: string) => Promise<void>, timeoutMs: number) {
    this.#send = send;
    this.#timeoutMs = timeoutMs;
  }

  /** Rejects with {@link NoRoundTrip}, or with why it could not be sent. Shared by all who ask meanwhile. */
  roundTrip(): Promise<void> {
    this.#flight ??= this.#depart();
    return this.#flight.landed;
  }

  received(token: string): void {
    if (this.#flight?.token === token) this.#flight.arrive();
  }

  /** The connection is gone: a message under way will not come back. */
  connectionLost(): void {
    this.#flight?.abandon(unavailable('the link to Redis was lost'));
  }

  #depart(): Flight {
    this.#count += 1;
    const token = String(this.#count);
    let arrive = (): void => {};
    let abandon = (_error: NotifyError): void => {};
    const received = new Promise<void>((resolve, reject) => {
      arrive = resolve;
      abandon = reject;
    });
    const both = Promise.all([this.#send(token), received]);
    const timely = withinMs(both, this.#timeoutMs, () => new NoRoundTrip(this.#timeoutMs));
    const landed = timely
      .then(() => undefined)
      .finally(() => {
        this.#flight = undefined;
      });
    return { token, landed, arrive, abandon };
  }
}
