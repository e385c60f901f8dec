import { eventually } from '@realtime-notify/contract-kit';
import {
  Access,
  createNotifier,
  defineCatalogue,
  NotifyError,
  Revalidation,
  silentLogger,
} from '@realtime-notify/core';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { closeCodes } from '../src/rn-v1/close-codes.js';
import { type RnV1Context, RnV1Session } from '../src/rn-v1/rn-v1-session.js';
import type { SessionSocket } from '../src/session-socket.js';

const schemas = { note: z.object({ text: z.string() }) };
const serverFrames = new Set('ready n subscribed unsubscribed refreshed pong error bye'.split(' '));
const codes: ReadonlySet<number> = new Set(Object.values(closeCodes));

/** What a session sends and how it closes; nothing may follow a close. */
class FakeSocket implements SessionSocket {
  readonly kinds: string[] = [];
  closedWith: number | undefined;
  bufferedBytes = 0;

  send(text: string): void {
    if (this.closedWith !== undefined) throw new Error(`sent after the close: ${text}`);
    const { t } = JSON.parse(text);
    if (!serverFrames.has(t)) throw new Error(`not a frame of the protocol: ${text}`);
    this.kinds.push(t);
  }

  writeFrames(): void {}

  onceDrained(listener: () => void): void {
    listener();
  }

  close(code: number): void {
    if (!codes.has(code)) throw new Error(`not a documented close code: ${code}`);
    this.closedWith ??= code;
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

function startedContext(): RnV1Context<typeof schemas> {
  const notifier = createNotifier({ catalogue: defineCatalogue(schemas) });
  const access = new Access({
    authenticate: ({ token }) => {
      if (token === 'bad') throw new NotifyError('UNAUTHENTICATED', 'not known');
      return token === undefined ? null : { userId: token };
    },
    // A refusal takes its time, so that other frames come meanwhile.
    authorize: async (_, group) => group !== 'foreign' || (await turn().then(() => false)),
  });
  return {
    notifier,
    access,
    logger: silentLogger,
    heartbeatMs: 25_000,
    maxHelloBytes: 8 * 1024,
    maxQueuedFrames: 4,
    maxReplyBacklogBytes: 1_024,
    maxGroups: 3,
    revalidation: new Revalidation(access, notifier, 60_000, silentLogger),
  };
}

const sharp = fc.constantFrom('\r', '\n', '\0', '\u2028', '\ud800', '"', '\\', '{', '}', ':', ',');
const text = fc.oneof(
  fc.constantFrom('u1', 'g1', 'foreign', 'bad', '', '__proto__', 'x'.repeat(300)),
  fc.string({ unit: sharp, maxLength: 6 }),
  fc.string({ unit: 'binary', maxLength: 8 }),
);
const cursor = fc.oneof(fc.constantFrom('c1', 'c1~e6f09b190519daa4.0.0.00000000', 'c2'), text);
const any = fc.oneof({ weight: 4, arbitrary: text }, { weight: 1, arbitrary: fc.jsonValue() });
const member = <Value>(usual: fc.Arbitrary<Value>) =>
  fc.oneof<[{ weight: 5; arbitrary: fc.Arbitrary<Value> }, { weight: 1; arbitrary: typeof any }]>(
    { weight: 5, arbitrary: usual },
    { weight: 1, arbitrary: any },
  );
const frame = fc
  .record(
    {
      t: member(fc.constantFrom('hello', 'hello', 'subscribe', 'unsubscribe', 'refresh', 'ping')),
      ref: member(fc.oneof(text, fc.integer())),
      group: member(text),
      groups: member(fc.array(text, { maxLength: 4 })),
      token: member(text),
      cursor: member(cursor),
    },
    { requiredKeys: ['t'] },
  )
  .map((value) => JSON.stringify(value));
const hello = fc.constantFrom(
  '{"t":"hello","token":"u1"}',
  '{"t":"hello","token":"u1","groups":["g1"],"cursor":"c1"}',
  '{"t":"hello","token":"bad"}',
  '{"t":"hello","token":"u1","groups":["foreign"]}',
);
/** Frames that a well-behaved client would send, with a byte too many or too few now and then. */
const ordinary = fc.constantFrom(
  '{"t":"ping"}',
  '{"t":"subscribe","ref":1,"group":"g2"}',
  '{"t":"subscribe","ref":2,"group":"foreign"}',
  '{"t":"unsubscribe","ref":3,"group":"g2"}',
  '{"t":"refresh","ref":4,"token":"u1"}',
  '{"t":"refresh","ref":5,"token":"other"}',
);
const cut = fc.tuple(fc.oneof(frame, ordinary), fc.nat(), text).map(([whole, at, by]) => {
  const place = at % (whole.length + 1);
  return whole.slice(0, place) + by + whole.slice(place + by.length);
});
const message = fc.oneof(
  { weight: 7, arbitrary: ordinary },
  { weight: 3, arbitrary: frame },
  { weight: 2, arbitrary: cut },
  { weight: 1, arbitrary: text },
  {
    weight: 1,
    arbitrary: fc.constantFrom('['.repeat(9_000), 'x'.repeat(9_000), '[]', '7', 'null'),
  },
);
const session = fc.record({
  opens: fc.boolean(),
  first: fc.option(hello),
  messages: fc.array(message, { maxLength: 5 }),
  turnsBefore: fc.nat(2),
  backlog: fc.constantFrom(0, 0, 0, 0, 2_000),
});

test('H-fuzz-session whatever frames a client sends, it gets frames of the protocol and a documented close', async () => {
  const context = startedContext();
  const { notifier } = context;
  await notifier.start();
  onTestFinished(() => notifier.close());
  const seen = new Set<unknown>();
  await fc.assert(
    fc.asyncProperty(session, async ({ opens, first, messages, turnsBefore, backlog }) => {
      const socket = new FakeSocket();
      const request = { headers: {}, query: new URLSearchParams() };
      const made = new RnV1Session(socket, request, context);
      if (opens) made.open({ principal: { userId: 'u1' }, admittedAt: Date.now(), groups: [] });
      else if (first !== null) made.message(first);
      for (let n = 0; n < turnsBefore; n += 1) await turn();
      for (const each of messages) made.message(each);
      socket.bufferedBytes = backlog;
      await turn();
      made.message('{"t":"ping"}');
      if (messages.length > 3) await turn();
      made.gone();
      for (const kind of socket.kinds) seen.add(kind);
      seen.add(socket.closedWith);
    }),
    { numRuns: 50_000 },
  );
  await eventually(() => expect(notifier.emitters.size).toBe(0));
  // The fuzzer is no use where it does not get everywhere.
  for (const kind of serverFrames) if (kind !== 'n') expect(seen).toContain(kind);
  expect([...seen]).toEqual(expect.arrayContaining([undefined, 4400, 4401, 4403, 4410, 4429]));
  const socket = new FakeSocket();
  const next = new RnV1Session(socket, { headers: {}, query: new URLSearchParams() }, context);
  next.message('{"t":"hello","token":"u1"}');
  await eventually(() => expect(socket.kinds).toEqual(['ready']));
}, 240_000);
