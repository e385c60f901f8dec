import { NotifyError } from '../errors/notify-error.js';
import type { Position } from './position.js';

const version = 'c1';
const separator = '~';
const maxCursorChars = 2_048;
const entryPattern = /^([0-9a-f]{16})\.([0-9a-z]{1,16})\.(0|[1-9][0-9]{0,15})\.([0-9a-f]{8})$/;

/** A client's positions by channel key. */
export type Cursor = ReadonlyMap<string, Position>;

/**
 * The name of a channel inside a cursor: 64-bit FNV-1a of its UTF-8 bytes as 16 hexadecimal digits.
 * It keeps cursors short and free of characters that headers or URLs do not take. Two channels of one
 * client would have to collide to confuse its own cursor; nobody else's.
 */
export function channelKey(channel: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(channel)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, '0');
}

/** One channel's part of a cursor text. */
export function cursorEntry(key: string, position: Position): string {
  return `${key}.${position.epoch}.${position.offset}.${position.tag}`;
}

/** The cursor of a client that follows nothing. */
export const emptyCursor: string = version;

/** The cursor text with one more entry that {@link cursorEntry} made. Called for each write of each stream. */
export function cursorWith(cursor: string, entry: string): string {
  return cursor + separator + entry;
}

/** The cursor text of entries that {@link cursorEntry} made. */
export function joinCursor(entries: readonly string[]): string {
  return entries.reduce(cursorWith, emptyCursor);
}

/**
 * Reads a cursor text strictly: at most 2,048 characters, no channel twice.
 * @throws NotifyError `CURSOR_INVALID`
 */
export function parseCursor(text: string): Cursor {
  if (text.length > maxCursorChars) {
    throw new NotifyError('CURSOR_INVALID', `a cursor has at most ${maxCursorChars} characters`);
  }
  const [head, ...entries] = text.split(separator);
  if (head !== version) throw malformed();
  const cursor = new Map<string, Position>();
  for (const entry of entries) {
    const [, key, epoch, offset, tag] = entryPattern.exec(entry) ?? [];
    if (key === undefined || epoch === undefined || tag === undefined || cursor.has(key)) {
      throw malformed();
    }
    const position = { epoch, offset: Number(offset), tag };
    if (!Number.isSafeInteger(position.offset)) throw malformed();
    cursor.set(key, position);
  }
  return cursor;
}

function malformed(): NotifyError {
  return new NotifyError('CURSOR_INVALID', 'the cursor is not written as the protocol says');
}
