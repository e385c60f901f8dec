import { sampleEnvelope } from '@realtime-notify/contract-kit';
import { type Envelope, encodeEnvelope, silentLogger } from '@realtime-notify/core';
import { expect, test } from 'vitest';
import { Inbox } from './inbox.js';
import { Topics } from './topics.js';

const topics = new Topics('rn:', 'b1');

test('messages of one read are handed over together, before the next turn of the event loop', async () => {
  const batches: (readonly Envelope[])[] = [];
  const inbox = new Inbox(topics, undefined, silentLogger, (envelopes) => batches.push(envelopes));
  const sent = [1, 2, 3].map((offset) => sampleEnvelope('user:1', { offset }));
  const nextTurn = new Promise((resolve) => setImmediate(resolve));
  for (const envelope of sent) inbox.message('rn:n:user:1', encodeEnvelope(envelope));
  expect(batches).toEqual([]);
  await Promise.resolve();
  expect(batches).toEqual([sent]);
  await nextTurn;
  inbox.message('rn:n:user:1', encodeEnvelope(sampleEnvelope('user:1')));
  await Promise.resolve();
  expect(batches).toHaveLength(2);
});

test('what is no envelope, or that of another channel, is dropped with one line', async () => {
  const lines: object[] = [];
  const warn = (facts: object): void => {
    lines.push(facts);
  };
  const batches: (readonly Envelope[])[] = [];
  const inbox = new Inbox(topics, undefined, { ...silentLogger, warn }, (batch) =>
    batches.push(batch),
  );
  inbox.message('rn:n:user:1', 'hello');
  inbox.message('rn:n:user:1', encodeEnvelope(sampleEnvelope('user:2')));
  await Promise.resolve();
  expect(batches).toEqual([]);
  expect(lines).toEqual([
    { code: 'ENVELOPE_INVALID', topic: 'rn:n:user:1', length: 5 },
    expect.objectContaining({ code: 'ENVELOPE_INVALID' }),
  ]);
});

test('what is sent to this node is taken whatever the channel, what is sent to others is not', async () => {
  const batches: (readonly Envelope[])[] = [];
  const own = topics.ofNode('here');
  const inbox = new Inbox(topics, own, silentLogger, (batch) => batches.push(batch));
  const sent = ['user:1', 'user:2'].map((channel) => sampleEnvelope(channel));
  for (const envelope of sent) inbox.message(own, encodeEnvelope(envelope));
  inbox.message(topics.ofNode('there'), encodeEnvelope(sampleEnvelope('user:3')));
  await Promise.resolve();
  expect(batches).toEqual([sent]);
});
