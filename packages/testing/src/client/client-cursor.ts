import {
  channelKey,
  cursorEntry,
  joinCursor,
  type Notification,
  type Position,
  parseCursor,
  tagOf,
} from '@realtime-notify/core';

/** The cursor that a WebSocket client composes from what it is shown. */
export class ComposedCursor {
  #positions = new Map<string, Position>();

  get text(): string {
    return joinCursor([...this.#positions].map(([key, position]) => cursorEntry(key, position)));
  }

  /** Begins where the server says. */
  begin(cursor: string): void {
    this.#positions = new Map(parseCursor(cursor));
  }

  shown({ channel, epoch, offset, id }: Notification): void {
    if (epoch === null || offset === null) return;
    this.#positions.set(channelKey(channel), { epoch, offset, tag: tagOf(id) });
  }
}
