import type { MountOptions } from '@realtime-notify/use';
import { onTestFinished } from 'vitest';
import type { Host, RunningHost } from './hosts/host.js';
import { access, makeNotifier, type ScenarioNotifier, tokenOf } from './notifier.js';
import type { Refusal, Stream, StreamEvent, StreamRequest, Transport } from './streams.js';

/** One running host with its notifier, ended with the test. */
export interface Stage extends RunningHost {
  readonly notifier: ScenarioNotifier;
  say(user: string, text: string): Promise<unknown>;
  sayToGroup(group: string, text: string): Promise<unknown>;
}

const usual: readonly MountOptions[] = [{ access, health: true }];

export async function stage(host: Host, mounts = usual, notifier = makeNotifier()): Promise<Stage> {
  const running = await host.start({ notifier, mounts });
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= running.close();
    return closing;
  };
  onTestFinished(close);
  const say = (to: { user: string } | { group: string }, text: string) =>
    notifier.notify({ to, type: 'message', data: { text } });
  return {
    ...running,
    close,
    notifier,
    say: (user, text) => say({ user }, text),
    sayToGroup: (group, text) => say({ group }, text),
  };
}

/** A stream that is past its `ready`. */
export async function follow(
  transport: Transport,
  request: StreamRequest,
): Promise<{ readonly stream: Stream; readonly ready: StreamEvent['data'] }> {
  const stream = await transport.open(request);
  if (!('next' in stream)) throw new Error(`refused: ${JSON.stringify(stream)}`);
  const ready = await stream.next();
  if (ready?.name !== 'ready') throw new Error(`began with ${JSON.stringify(ready)}`);
  return { stream, ready: ready.data };
}

/** As {@link follow}, for a user's own token. */
export async function followAs(transport: Transport, user: string, request: StreamRequest) {
  const token = await tokenOf(user, { groups: request.groups ?? [] });
  return follow(transport, { token, ...request });
}

/** How a server refuses a client before its stream begins. */
export async function refused(transport: Transport, request: StreamRequest): Promise<Refusal> {
  const answer = await transport.open(request);
  if ('next' in answer) throw new Error(`not refused: ${JSON.stringify(await answer.next())}`);
  return answer;
}

/** The text of the next notification. */
export async function heard(stream: Stream): Promise<unknown> {
  const event = await stream.next();
  if (event?.name !== 'message') throw new Error(`not a notification: ${JSON.stringify(event)}`);
  const { data } = event.data;
  return typeof data === 'object' && data !== null && 'text' in data ? data.text : undefined;
}
