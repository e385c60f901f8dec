import type { Position } from '../positions/position.js';
import type { Batch } from './batch.js';
import type { CloseReason } from './close-reason.js';

/** The incoming positions of a stream, and whether the cursor's history was still there. */
export interface Ready {
  readonly userId: string | null;
  readonly channels: ReadonlyMap<string, Position>;
  readonly recovered: boolean;
}

/** Where a followed channel's notifications begin. */
export interface FollowStart {
  readonly channel: string;
  readonly position: Position;
  readonly recovered: boolean;
}

/** Knows the cursor that stands after everything queued so far: the emitter. */
export interface CursorSource {
  cursor(): string;
}

/**
 * The writing end of one stream, given by a transport or session.
 * Promises: bytes leave in call order; nothing throws; after `close` all calls do nothing.
 * Not promised: delivery. Called by the emitter, which calls `write` at most once per tick.
 */
export interface Outlet {
  /**
   * The client shows an id once. So it may be shown a notification before it has its place, and again with
   * it. Default false, as for a plain EventSource.
   */
  readonly showsIdsOnce?: boolean;
  /** Says that the stream stands. Called before the first notification, and once more whenever the
   * server lost history of a followed channel while the stream was open (`recovered` false). */
  ready(ready: Ready, cursor: string): void;
  /** Writes what is due. The source is asked only by transports whose bytes carry the cursor. */
  write(batch: Batch, source: CursorSource): void;
  /** Bytes handed over and not yet taken by the operating system. */
  readonly bufferedBytes: number;
  /** Calls `listener` once, when `bufferedBytes` has become small, or the stream closed. */
  onceDrained(listener: () => void): void;
  /** Ends the stream and tells the client why, idempotent. */
  close(reason: CloseReason): void;
}
