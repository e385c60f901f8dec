import type {
  Access,
  AuthenticationRequest,
  Batch,
  CatalogueSchemas,
  CloseReason,
  Emitter,
  Logger,
  Notifier,
  Outlet,
  Principal,
  Ready,
  Revalidation,
} from '@realtime-notify/core';
import type { Session, SessionSocket } from '../session-socket.js';
import { type ChangeFrame, changeStream, nothingSaid } from './change-stream.js';
import { type ClientFrame, type HelloFrame, parseClientFrame } from './client-frame.js';
import { type CloseName, closeCodes, closeNameOf, returnMsAfter } from './close-codes.js';
import { byeFrame, errorFrame, notificationFrames, pongFrame, readyFrame } from './server-frame.js';

/** What sessions of one transport share. */
export interface RnV1Context<Schemas extends CatalogueSchemas> {
  readonly notifier: Notifier<Schemas>;
  readonly access: Access;
  readonly logger: Logger;
  readonly heartbeatMs: number;
  readonly maxHelloBytes: number;
  /** Client frames that wait for their turn at most. */
  readonly maxQueuedFrames: number;
  /** Backlog at which a client that goes on asking is cut. */
  readonly maxReplyBacklogBytes: number;
  /** Asks the host at intervals whether clients may stay. */
  readonly revalidation: Revalidation;
  readonly maxGroups: number;
  /** After this long the stream ends, so that connections move in time; absent: never. */
  readonly maxAgeMs?: number | undefined;
}

/** What a connection brought along: who it is, where that was in the request, and what it wants. */
export interface Opening {
  readonly principal: Principal;
  /** When it was begun to find out who the client is, in milliseconds since 1970 UTC. */
  readonly admittedAt: number;
  readonly groups: readonly string[];
  readonly cursor?: string | undefined;
}

/** Speaks `realtime-notify.v1` with one client. Frames are answered one after the other. */
export class RnV1Session<Schemas extends CatalogueSchemas> implements Session, Outlet {
  readonly #socket: SessionSocket;
  /** Until the stream is open: it is as large as all the rest of a connection. */
  #request: AuthenticationRequest | undefined;
  readonly #context: RnV1Context<Schemas>;
  #emitter: Emitter | undefined;
  #greeted = false;
  #ended = false;
  #queued = 0;
  #turn: Promise<void> | undefined;

  constructor(
    socket: SessionSocket,
    request: AuthenticationRequest,
    context: RnV1Context<Schemas>,
  ) {
    this.#socket = socket;
    this.#request = request;
    this.#context = context;
  }

  /** Whether the client still owes its hello. */
  get awaitsHello(): boolean {
    return !this.#greeted && !this.#ended;
  }

  /** Nothing that the client sends counts any more. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Opens the stream for a client that needs no hello. */
  open(opening: Opening): void {
    this.#greeted = true;
    this.#request = undefined;
    this.#enqueue(() => this.#attach(opening));
  }

  /** Answers, pongs too, are not due to the emitter's budget: who asks without reading is cut here. */
  mayAsk(): boolean {
    if (this.#socket.bufferedBytes <= this.#context.maxReplyBacklogBytes) return true;
    this.#context.notifier.limits.count('replyBacklogBytes');
    this.#end('SLOW_CONSUMER', 1_000);
    this.#emitter?.gone();
    return false;
  }

  message(text: string): void {
    if (this.#ended || !this.mayAsk()) return;
    if (!this.#greeted && Buffer.byteLength(text) > this.#context.maxHelloBytes) {
      this.#context.notifier.limits.count('helloBytes');
      this.refuse('BAD_FRAME', 'the hello is too large');
      return;
    }
    const parsed = parseClientFrame(text);
    if ('fault' in parsed) this.refuse('BAD_FRAME', parsed.fault);
    else this.#accept(parsed.frame);
  }

  gone(): void {
    this.#ended = true;
    this.#emitter?.gone();
  }

  /** Ends a connection that did not keep to the protocol, or could not be opened. */
  refuse(name: CloseName, message: string): void {
    if (this.#ended) return;
    this.#socket.send(errorFrame(name, message));
    this.#end(name, returnMsAfter(name));
    this.#emitter?.gone();
  }

  /** The protocol says so of every client. */
  get showsIdsOnce(): boolean {
    return true;
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedBytes;
  }

  ready(ready: Ready, cursor: string): void {
    if (!this.#ended) this.#socket.send(readyFrame(ready, cursor, this.#context.heartbeatMs));
  }

  write(batch: Batch): void {
    if (!this.#ended) this.#socket.writeFrames(batch.bytes(notificationFrames));
  }

  onceDrained(listener: () => void): void {
    this.#socket.onceDrained(listener);
  }

  close({ code, returnMs }: CloseReason): void {
    if (!this.#ended) this.#end(code, returnMs);
  }

  #end(name: CloseName, returnMs: number | null): void {
    this.#ended = true;
    this.#socket.send(byeFrame(name, returnMs === null ? null : Math.round(returnMs)));
    this.#socket.close(closeCodes[name], name);
  }

  #accept(frame: ClientFrame): void {
    if (frame.t === 'hello') {
      if (this.#greeted) {
        this.refuse('BAD_FRAME', 'the stream is open already');
        return;
      }
      this.#greeted = true;
      this.#enqueue(() => this.#hello(frame));
    } else if (!this.#greeted) {
      this.refuse('BAD_FRAME', 'the first frame is a hello');
    } else if (frame.t === 'ping') {
      this.#socket.send(pongFrame);
    } else {
      this.#enqueue(() => this.#change(frame));
    }
  }

  #enqueue(task: () => Promise<void>): void {
    if (this.#queued >= this.#context.maxQueuedFrames) {
      this.#context.notifier.limits.count('framesWaiting');
      this.refuse('LIMIT_EXCEEDED', 'too many frames at once');
      return;
    }
    this.#queued += 1;
    this.#turn = (this.#turn ?? Promise.resolve())
      .then(() => (this.#ended ? undefined : task()))
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        this.#queued -= 1;
        if (this.#queued === 0) this.#turn = undefined;
      });
  }

  async #hello({ token, groups = [], cursor }: HelloFrame): Promise<void> {
    const { access, notifier, maxGroups } = this.#context;
    const admittedAt = Date.now();
    const upgrade = this.#request ?? nothingSaid;
    this.#request = undefined;
    const request = token === undefined ? upgrade : { ...upgrade, token };
    const wanted = [...new Set([...upgrade.query.getAll('group'), ...groups])];
    if (wanted.length > maxGroups) {
      throw notifier.limits.exceeded(
        'groupsPerRequest',
        `at most ${maxGroups} groups may be asked for`,
      );
    }
    const principal = await access.admit(request, wanted);
    await this.#attach({
      principal,
      admittedAt,
      groups: wanted,
      cursor: cursor ?? upgrade.query.get('cursor') ?? undefined,
    });
  }

  async #attach(opening: Opening): Promise<void> {
    const { notifier, revalidation, maxAgeMs } = this.#context;
    const emitter = await notifier.attach({
      ...opening,
      outlet: this,
      isGone: () => this.#ended,
    });
    if (emitter === undefined) return;
    this.#emitter = emitter;
    if (this.#ended) emitter.gone();
    if (maxAgeMs !== undefined) {
      emitter.endAt(Date.now() + maxAgeMs, { code: 'MAX_AGE', returnMs: 0 });
    }
    if (!emitter.closed) revalidation.watch(emitter);
  }

  async #change(frame: ChangeFrame): Promise<void> {
    if (this.#emitter === undefined) return;
    const stream = { emitter: this.#emitter, socket: this.#socket, hasEnded: () => this.#ended };
    await changeStream(frame, stream, this.#context);
  }

  #fail(error: unknown): void {
    const name = closeNameOf(error);
    if (name === 'UNAVAILABLE') {
      this.#context.logger.warn({ err: error }, 'a WebSocket stream could not be opened now');
      this.refuse(name, 'try again later');
      return;
    }
    this.refuse(name, error instanceof Error ? error.message : name);
  }
}
