import {
  type CatalogueSchemas,
  type Notifier,
  type Place,
  type Rota,
  TokenBucket,
} from '@realtime-notify/core';
import type { RnV1Session } from './rn-v1/rn-v1-session.js';
import type { ConnectionListener, WsConnection } from './ws-driver.js';

/** What the connections of one path share. */
export interface ServedContext<Schemas extends CatalogueSchemas> {
  readonly notifier: Notifier<Schemas>;
  readonly maxFramesPerSecond: number;
  readonly liveness: Rota<WsConnection>;
  /** Those that still owe their hello. */
  readonly hellos: Rota<ServedConnection<Schemas>>;
}

/** Seconds whose frames may come at once: a client that reconnects has several things to say. */
const burstSeconds = 2;

/** Hands what comes over one connection to its session, as fast as one client may send. */
export class ServedConnection<Schemas extends CatalogueSchemas> implements ConnectionListener {
  readonly session: RnV1Session<Schemas>;
  /** When it began, by `performance.now`; a whole number takes no room of its own. */
  readonly since = Math.trunc(performance.now());
  readonly #connection: WsConnection;
  readonly #place: Place;
  readonly #context: ServedContext<Schemas>;
  /** Made with the first frame: most clients send none. */
  #rate: TokenBucket | undefined;

  constructor(
    connection: WsConnection,
    session: RnV1Session<Schemas>,
    place: Place,
    context: ServedContext<Schemas>,
  ) {
    this.#connection = connection;
    this.session = session;
    this.#place = place;
    this.#context = context;
  }

  frame(): boolean {
    if (this.session.ended) return false;
    const { maxFramesPerSecond: perSecond, notifier } = this.#context;
    const now = performance.now();
    this.#rate ??= new TokenBucket(perSecond, perSecond * burstSeconds, now);
    if (this.#rate.take(now)) return true;
    notifier.limits.count('framesPerSecond');
    this.session.refuse('LIMIT_EXCEEDED', 'too many frames per second');
    return false;
  }

  ping(): boolean {
    return this.frame() && this.session.mayAsk();
  }

  message(text: string): void {
    this.session.message(text);
    if (!this.session.awaitsHello) this.#context.hellos.remove(this);
  }

  binary(): void {
    this.session.refuse('UNSUPPORTED_DATA', 'frames are text');
  }

  tooLarge(limit: 'payloadBytes' | 'fragments'): void {
    this.#context.notifier.limits.count(limit);
  }

  gone(): void {
    const { notifier, liveness, hellos } = this.#context;
    notifier.connections.leave(this.#place);
    liveness.remove(this.#connection);
    hellos.remove(this);
    this.session.gone();
  }
}
