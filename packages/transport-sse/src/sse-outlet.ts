import type { ServerResponse } from 'node:http';
import {
  type Batch,
  type CloseReason,
  type CursorSource,
  type Outlet,
  type Ready,
  readyMembers,
  whenDrained,
} from '@realtime-notify/core';
import { endWithCursor, sseEncoding } from './sse-encoding.js';
import { encodeEvent, heartbeatComment } from './sse-frame.js';
import { beginStream, type StreamBelow } from './stream-below.js';
import { type PlainSocket, plainSocket, TailedWriter } from './tailed-writer.js';

const headers = Object.freeze({
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-store, no-transform',
  'X-Accel-Buffering': 'no',
});

const tailed = new TailedWriter();
/** Up to this size; so much memory it keeps. */
const tailedBytes = 256 * 1024;

/** From this size on two buffers in one system call are cheaper than a copy for each receiver. */
const worthSharingBytes = 8 * 1024;

/** What is told in the stream's first event beside positions. */
export interface StreamTimes {
  readonly heartbeatMs: number;
  readonly retryMs: number;
  /** Called when a client is cut that took nothing for long. */
  stalled(): void;
}

/** The writing end of one event stream. */
export class SseOutlet implements Outlet {
  readonly #response: ServerResponse;
  readonly #times: StreamTimes;
  #below: StreamBelow;
  #socket: PlainSocket | undefined;
  #ended = false;
  /** Whether the client has a backlog and its progress is watched. */
  #watched = false;

  constructor(response: ServerResponse, times: StreamTimes) {
    this.#response = response;
    this.#below = response;
    this.#times = times;
  }

  get bufferedBytes(): number {
    return this.#below.writableLength;
  }

  ready(ready: Ready, cursor: string): void {
    if (this.#ended) return;
    const { heartbeatMs } = this.#times;
    // Spread, so that the clients of a node that died do not come back all at once.
    const retryMs = this.#times.retryMs * (0.5 + Math.random());
    this.#begin();
    const data = `{${readyMembers(ready, heartbeatMs)}}`;
    this.#below.write(encodeEvent({ event: 'ready', data, id: cursor, retryMs }));
  }

  write(batch: Batch, source: CursorSource): void {
    if (this.#ended) return;
    const shared = batch.bytes(sseEncoding);
    const tail = endWithCursor(source.cursor());
    if (this.#socket?.writableLength === 0 && shared.length <= tailedBytes) {
      tailed.write(this.#socket, shared, tail);
      return;
    }
    if (shared.length < worthSharingBytes) {
      this.#below.write(withTail(shared, tail));
      return;
    }
    this.#below.cork();
    this.#below.write(shared);
    this.#below.write(tail);
    this.#below.uncork();
  }

  heartbeat(): void {
    if (this.#ended) return;
    const behind = this.#below.writableNeedDrain;
    // A client with a backlog hears from us anyway.
    if (!behind) this.#below.write(heartbeatComment);
    if (behind !== this.#watched) this.#watch(behind);
  }

  onceDrained(listener: () => void): void {
    if (this.#ended) listener();
    else whenDrained(this.#below, listener);
  }

  close({ code, returnMs }: CloseReason): void {
    if (this.#ended) return;
    this.#ended = true;
    // A backlog would outlive the stream with a client that takes nothing; what it misses it resumes.
    if (this.#below.writableNeedDrain) {
      this.#response.destroy();
      return;
    }
    this.#begin();
    const data = JSON.stringify({ code, returnMs });
    const retry = returnMs === null ? {} : { retryMs: returnMs };
    this.#response.end(encodeEvent({ event: 'bye', data, ...retry }));
    // Who does not take even that would keep the connection.
    if (!this.#watched) this.#watch(true);
  }

  /** The client is gone: nothing more is written. */
  end(): void {
    this.#ended = true;
  }

  /**
   * While there is a backlog, and after the last event, Node's own timeout watches the socket: it sees
   * progress within one large write too. Without any for a heartbeat's time the connection is cut.
   */
  #watch(behind: boolean): void {
    const response = this.#response;
    this.#watched = behind;
    if (!behind) {
      response.removeAllListeners('timeout');
      response.setTimeout(0);
      return;
    }
    response.setTimeout(this.#times.heartbeatMs);
    response.once('timeout', () => {
      this.#times.stalled();
      response.destroy();
    });
  }

  #begin(): void {
    if (this.#response.headersSent) return;
    this.#below = beginStream(this.#response, headers);
    this.#socket = plainSocket(this.#below);
  }
}

/** One buffer, for one write: the tail is a stream's own, what stands before it is shared. */
function withTail(shared: Buffer, tail: string): Buffer {
  const whole = Buffer.allocUnsafe(shared.length + tail.length);
  shared.copy(whole);
  whole.write(tail, shared.length, 'latin1');
  return whole;
}
