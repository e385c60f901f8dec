import {
  type Encoding,
  type Envelope,
  type FollowStart,
  notificationMembers,
  type Ready,
  readyMembers,
} from '@realtime-notify/core';
import { textFrame } from '../ws-frame.js';
import type { Ref } from './client-frame.js';

/** Notifications as `n` frames, made once for all receivers. Frames need nothing between them. */
export const notificationFrames: Encoding = Object.freeze({
  encode: (envelope: Envelope) => textFrame(`{"t":"n",${notificationMembers(envelope)}}`),
  separator: Buffer.alloc(0),
});

export function readyFrame(ready: Ready, cursor: string, heartbeatMs: number): string {
  return `{"t":"ready",${readyMembers(ready, heartbeatMs)},"cursor":"${cursor}"}`;
}

export function subscribedFrame(ref: Ref, { channel, position, recovered }: FollowStart): string {
  return JSON.stringify({ t: 'subscribed', ref, channel, ...position, recovered });
}

export function unsubscribedFrame(ref: Ref): string {
  return JSON.stringify({ t: 'unsubscribed', ref });
}

export function refreshedFrame(ref: Ref, expiresAt: number | undefined): string {
  return JSON.stringify({ t: 'refreshed', ref, expiresAt: expiresAt ?? null });
}

export function errorFrame(code: string, message: string, ref?: Ref): string {
  return JSON.stringify({ t: 'error', code, message, ...(ref === undefined ? {} : { ref }) });
}

export function byeFrame(code: string, returnMs: number | null): string {
  return JSON.stringify({ t: 'bye', code, returnMs });
}

export const pongFrame = '{"t":"pong"}';
