import {
  type AuthenticationRequest,
  type CatalogueSchemas,
  type Emitter,
  NotifyError,
} from '@realtime-notify/core';
import type { SessionSocket } from '../session-socket.js';
import type { ClientFrame, Ref } from './client-frame.js';
import type { RnV1Context } from './rn-v1-session.js';
import { errorFrame, refreshedFrame, subscribedFrame, unsubscribedFrame } from './server-frame.js';

/** What a client may ask of its open stream. */
export type ChangeFrame = Extract<ClientFrame, { t: 'subscribe' | 'unsubscribe' | 'refresh' }>;

/** A stream that is open, and where its client is answered. */
export interface OpenStream {
  readonly emitter: Emitter;
  readonly socket: SessionSocket;
  /** Nothing that the client is sent counts any more. */
  hasEnded(): boolean;
}

/** What the request of an open connection says: it is forgotten. */
export const nothingSaid: AuthenticationRequest = Object.freeze({
  headers: {},
  query: new URLSearchParams(),
});

/** Does what a client asks of its stream, and answers. Where it fails the stream goes on; never rejects. */
export async function changeStream<Schemas extends CatalogueSchemas>(
  frame: ChangeFrame,
  stream: OpenStream,
  context: RnV1Context<Schemas>,
): Promise<void> {
  try {
    if (frame.t === 'subscribe') await subscribe(frame, stream, context);
    else if (frame.t === 'refresh') await refresh(frame, stream, context);
    else unsubscribe(frame, stream, context);
  } catch (error) {
    if (!stream.hasEnded()) stream.socket.send(refusal(error, frame.ref, context));
  }
}

async function subscribe<Schemas extends CatalogueSchemas>(
  { ref, group, cursor }: Extract<ChangeFrame, { t: 'subscribe' }>,
  { emitter, socket }: OpenStream,
  { access, notifier }: RnV1Context<Schemas>,
): Promise<void> {
  await access.authorize(emitter.principal, group);
  await notifier.follow(emitter, group, cursor, (start) => {
    socket.send(subscribedFrame(ref, start));
  });
}

function unsubscribe<Schemas extends CatalogueSchemas>(
  { ref, group }: Extract<ChangeFrame, { t: 'unsubscribe' }>,
  { emitter, socket }: OpenStream,
  { notifier }: RnV1Context<Schemas>,
): void {
  emitter.flush();
  notifier.unfollow(emitter, group);
  socket.send(unsubscribedFrame(ref));
}

/** Goes on with a newer token; where it is refused the stream lives as long as the older one. */
async function refresh<Schemas extends CatalogueSchemas>(
  { ref, token }: Extract<ChangeFrame, { t: 'refresh' }>,
  { emitter, socket, hasEnded }: OpenStream,
  { access, notifier }: RnV1Context<Schemas>,
): Promise<void> {
  const groups = notifier.channelNames.groupsOf(emitter.channels);
  const principal = await access.admit({ ...nothingSaid, token }, groups);
  if (hasEnded()) return;
  notifier.renew(emitter, principal);
  socket.send(refreshedFrame(ref, principal.expiresAt));
}

function refusal<Schemas extends CatalogueSchemas>(
  error: unknown,
  ref: Ref,
  { logger }: RnV1Context<Schemas>,
): ReturnType<typeof errorFrame> {
  if (!NotifyError.is(error)) logger.warn({ err: error }, 'a request failed');
  const { code, message } = NotifyError.is(error)
    ? error
    : { code: 'UNAVAILABLE', message: 'try again later' };
  return errorFrame(code, message, ref);
}
