import {
  type Notification,
  type Notifier,
  NotifyError,
  type Position,
  tagOf,
} from '@realtime-notify/core';
import { ComposedCursor } from './client-cursor.js';
import type { ClientEvent, Ending } from './client-event.js';
import { type ClientKind, Connection, type Receiver } from './connection.js';
import type { Pace } from './wire.js';

/** Who a test client is, and what it follows. */
export interface ClientRequest {
  /** Whose notifications it is shown; null for an anonymous client. Default null. */
  readonly user?: string | null;
  /** Groups that it follows beside the user's own channel and `all`. */
  readonly groups?: readonly string[];
  /** The node that it connects to. Default 0. */
  readonly node?: number;
  /** How it is told. Default `sse`. */
  readonly kind?: ClientKind;
  /** Where it stood before; default: it begins at the present. */
  readonly cursor?: string;
  /** Bytes that its connection takes before a node has to wait for it. Default 16,384. */
  readonly bufferBytes?: number;
}

/** What a test client needs of the cluster. */
export interface ClientContext {
  notifier(node: number): Pick<Notifier, 'attach'>;
}

/**
 * A plain client, without cleverness: it keeps everything that it was shown, and its cursor as the
 * protocol says for its kind; it does not come back by itself and drops nothing, not even what it was
 * shown before.
 */
export class TestClient {
  readonly user: string | null;
  readonly groups: readonly string[];
  readonly kind: ClientKind;
  /** All that it lived through, in order, over all of its connections. */
  readonly events: ClientEvent[] = [];
  readonly #context: ClientContext;
  readonly #bufferBytes: number;
  readonly #composed = new ComposedCursor();
  #pace: Pace = 'all';
  #node: number;
  #cursor: string | undefined;
  #connection: Connection | undefined;
  #positions = new Map<string, Position>();
  #isReady = false;

  constructor(context: ClientContext, request: ClientRequest) {
    this.#context = context;
    this.user = request.user ?? null;
    this.groups = request.groups ?? [];
    this.kind = request.kind ?? 'sse';
    this.#node = request.node ?? 0;
    this.#cursor = request.cursor;
    this.#bufferBytes = request.bufferBytes ?? 16_384;
  }

  /** Everything shown, in the order of arrival. */
  get shown(): readonly Notification[] {
    return this.events.flatMap((event) => (event.kind === 'shown' ? [event.notification] : []));
  }

  /** How often it was told that history was lost (`recovered: false`). */
  get losses(): number {
    return this.events.filter((event) => event.kind === 'ready' && !event.recovered).length;
  }

  /** Where it stands, as text that any node takes; undefined before the first `ready`. */
  get cursor(): string | undefined {
    return this.#cursor;
  }

  /** Where it stands in each channel that it follows, by what it was shown. */
  get positions(): ReadonlyMap<string, Position> {
    return this.#positions;
  }

  /** The node that it is, or was last, connected to. */
  get node(): number {
    return this.#node;
  }

  /** Whether it has a stream and was told `ready`. */
  get connected(): boolean {
    return this.#isReady;
  }

  /** Whether it takes what it is sent. */
  get pace(): Pace {
    return this.#pace;
  }

  /** Bytes that it was sent and has not taken. */
  get bufferedBytes(): number {
    return this.#connection?.bufferedBytes ?? 0;
  }

  /** How its last connection ended; undefined while it has one. */
  get ending(): Ending | undefined {
    const last = this.events.at(-1);
    return last?.kind === 'ended' ? last.ending : undefined;
  }

  /**
   * Connects, with its cursor, to a node; by default the one that it was connected to. Resolves when it
   * was told `ready`; where it takes nothing, when there is a stream.
   * Rejects with the `NotifyError` of the refusal, or `CLOSED` where the connection ended meanwhile.
   */
  async reconnect({ node = this.#node }: { readonly node?: number } = {}): Promise<void> {
    this.disconnect();
    this.#node = node;
    this.events.push({ kind: 'connecting', node, cursor: this.#cursor });
    const connection = new Connection(this.#receiver(), this.#bufferBytes, this.#pace);
    this.#connection = connection;
    try {
      const emitter = await this.#context.notifier(node).attach({
        principal: { userId: this.user, groups: this.groups },
        groups: this.groups,
        cursor: this.#cursor,
        outlet: connection,
        isGone: () => connection.isEnded,
      });
      connection.serve(emitter);
    } catch (error) {
      connection.end({ by: 'refusal', code: NotifyError.is(error) ? error.code : 'UNKNOWN' });
      throw error;
    }
    await connection.opened;
    if (connection.isEnded) throw new NotifyError('CLOSED', 'the connection has ended meanwhile');
  }

  /** Goes away without a word; what is on its way to it is lost. */
  disconnect(): void {
    this.#connection?.end({ by: 'client' });
  }

  /** Its node has crashed. */
  nodeDied(): void {
    this.#connection?.end({ by: 'crash' });
  }

  /**
   * The connection breaks in the middle of a write: the one that is on its way, or else the next one. Half
   * of its events, rounded down, are still shown. An SSE client has no cursor of that write then.
   */
  cut(): void {
    this.#connection?.cut();
  }

  /** Takes nothing from now on. */
  pause(): void {
    this.#setPace('nothing');
  }

  /** Takes one write in so many milliseconds. */
  slow(everyMs: number): void {
    this.#setPace({ everyMs });
  }

  /** Takes everything at once, as it does at first. */
  resume(): void {
    this.#setPace('all');
  }

  #setPace(pace: Pace): void {
    this.#pace = pace;
    this.#connection?.setPace(pace);
  }

  #receiver(): Receiver {
    return {
      kind: this.kind,
      ready: ({ channels, recovered }, cursor) => {
        this.#isReady = true;
        this.#cursor = cursor;
        this.#composed.begin(cursor);
        this.#positions = new Map(channels);
        this.events.push({ kind: 'ready', channels, recovered });
      },
      shown: (notification, cursor) => {
        const { channel, epoch, offset, id } = notification;
        this.#composed.shown(notification);
        if (epoch !== null && offset !== null) {
          this.#positions.set(channel, { epoch, offset, tag: tagOf(id) });
        }
        const stands = this.kind === 'sse' ? cursor : this.#composed.text;
        this.#cursor = stands ?? this.#cursor;
        this.events.push({ kind: 'shown', notification, cursor: stands });
      },
      ended: (ending) => {
        this.#isReady = false;
        this.events.push({ kind: 'ended', ending });
      },
    };
  }
}
