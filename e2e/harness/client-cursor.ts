import { Buffer } from 'node:buffer';
import type { Notification } from './notification.js';

/**
 * A cursor composed by the client, as PROTOCOL.md tells WebSocket clients to do it, written anew here:
 * `c1~<key>.<epoch>.<offset>.<tag>~...`, key = 64-bit FNV-1a of the channel's name, tag = the last
 * eight characters of the notification's id.
 */
export class ClientCursor {
  readonly #entries = new Map<string, string>();

  /** Starts over from a cursor that the server gave. */
  restart(text: string): void {
    const [version, ...entries] = text.split('~');
    if (version !== 'c1') throw new Error(`not a cursor: ${text}`);
    this.#entries.clear();
    for (const entry of entries) this.#entries.set(entry.slice(0, 16), entry);
  }

  moveTo({
    channel,
    epoch,
    offset,
    id,
  }: Pick<Notification, 'channel' | 'epoch' | 'offset' | 'id'>): void {
    if (epoch === null || offset === null) return;
    const key = channelKey(channel);
    this.#entries.set(key, `${key}.${epoch}.${offset}.${id.slice(-8)}`);
  }

  toString(): string {
    return ['c1', ...this.#entries.values()].join('~');
  }
}

const keys = new Map<string, string>();

/** 64-bit FNV-1a over the UTF-8 bytes, 16 hexadecimal digits. */
export function channelKey(channel: string): string {
  const known = keys.get(channel);
  if (known !== undefined) return known;
  let hash = 14695981039346656037n;
  for (const byte of Buffer.from(channel, 'utf8')) {
    hash = ((hash ^ BigInt(byte)) * 1099511628211n) & 0xffff_ffff_ffff_ffffn;
  }
  const key = hash.toString(16).padStart(16, '0');
  keys.set(channel, key);
  return key;
}
