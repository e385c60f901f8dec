import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { channelKey } from './harness/client-cursor.js';
import { expectDelivery } from './harness/expect-delivery.js';
import { asObject } from './harness/notification.js';
import { notify } from './harness/publisher.js';
import { sseReader } from './harness/sse-reader.js';
import { WitnessedNode } from './harness/witnessed-node.js';
import { wsReader } from './harness/ws-reader.js';

const message = { type: 'message', data: { text: 'hello' } };

let node: WitnessedNode;

beforeAll(async () => {
  node = await WitnessedNode.start();
});

afterAll(() => node?.stop());

afterEach(() => node.assertUntouched());

describe.each([
  ['SSE', sseReader],
  ['WebSocket', wsReader],
] as const)('a cursor that is well written, over %s', (_name, kind) => {
  const open = async (cursor: string) => {
    const reader = kind({ name: 'its client', nodes: [node.base], token: node.token, cursor });
    await reader.open();
    return reader;
  };
  const entry = (channel: string, rest: string): string => `c1~${channelKey(channel)}.${rest}`;

  it('and forged is answered with recovered: false and the position to read on from', async () => {
    const { user } = node;
    const [last] = await notify(node.base, { to: { user }, ...message });
    for (const forged of [`forged.1.00000001`, `0.99999.0badc0de`]) {
      const reader = await open(entry(`user:${user}`, forged));
      const [ready] = reader.log.readies;
      expect(ready).toMatchObject({ recovered: false });
      expect(ready?.channels[`user:${user}`]?.offset).toBe(last?.offset);
      reader.cut();
    }
  });

  it('and of another user shows nothing of that user', async () => {
    const { user } = node;
    const [theirs] = node.witnesses;
    const reader = await open(theirs?.cursor ?? '');
    const [ready] = reader.log.readies;
    expect(Object.keys(asObject(ready?.channels, 'channels')).sort()).toEqual([
      'all',
      `inbox:${user}`,
      `user:${user}`,
    ]);
    expect(ready).toMatchObject({ user, recovered: true });
    await node.notifyWitness();
    const mine = await notify(node.base, { to: { user }, ...message });
    await expectDelivery(mine, [{ reader, channels: [`user:${user}`, 'all'] }], []);
    reader.cut();
  });
});
