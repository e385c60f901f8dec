import { eventually } from '@realtime-notify/contract-kit';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { expect, test } from 'vitest';
import { type HostileServer, hostileServer } from './harness/hostile-server.js';
import { publishRequest, streamRequest, upgradeRequest } from './harness/requests.js';

const breaks = ['\r', '\n', '\r\n', '\n\n', '\0', '\u2028', '\u2029', '\u0085'] as const;
const forged = (lineBreak: string) =>
  `a${lineBreak}event: forged${lineBreak}data: {}${lineBreak}id: 0`;
const names = breaks.map((each) => [JSON.stringify(each), each] as const);
/** Separators that are no control characters may stand in a name. */
const mayBeNamed = new Set(['\u2028', '\u2029']);

/** Only the fields that we write, whichever way lines are told apart; and the events in them. */
function eventsIn(text: string): readonly EventSourceMessage[] {
  const body = text.slice(text.indexOf('\r\n\r\n') + 4);
  for (const line of body.split(/\r\n|\r|\n/)) {
    expect(line).toMatch(
      /^$|^:$|^(event: (ready|message|anything|bye)|data: .*|id: c1[0-9a-z.~]*|retry: \d+)$/,
    );
  }
  const events: EventSourceMessage[] = [];
  createParser({ onEvent: (event) => events.push(event) }).feed(
    Buffer.from(body, 'latin1').toString(),
  );
  return events;
}

/** The head of each answer holds what we write and nothing of what was asked. */
function assertPlainHeads(text: string): void {
  expect(text.split('\r\n\r\n', 1)[0]).not.toContain('forged');
}

/** What is logged is one line each. */
function assertOneLine(server: HostileServer): void {
  for (const line of server.log) expect(line).not.toMatch(/[\r\n\0\u0085\u2028\u2029]/);
}

test.each(names)('H-forged-lines %s in data stays in its event', async (_, lineBreak) => {
  const server = await hostileServer();
  const reader = await server.stream('u1');
  const text = forged(lineBreak);
  await server.say('u1', text);
  await server.notifier.notify({
    to: { user: 'u1' },
    type: 'anything',
    data: { [text]: text },
  });
  await eventually(() => expect(eventsIn(reader.text)).toHaveLength(3));
  const [, first, second] = eventsIn(reader.text);
  expect(first?.event).toBe('message');
  expect(JSON.parse(first?.data ?? '')).toMatchObject({ data: { text } });
  expect(JSON.parse(second?.data ?? '')).toMatchObject({ data: { [text]: text } });
  assertOneLine(server);
});

test.each(names)(
  'H-forged-lines %s in names, cursors and tokens forges no field and no header',
  async (_, lineBreak) => {
    const server = await hostileServer();
    const encoded = encodeURIComponent(forged(lineBreak));
    const status = mayBeNamed.has(lineBreak) ? 200 : 400;
    for (const [query, expected] of [
      [`?token=u1&group=${encoded}`, status],
      [`?token=${encoded}`, status],
      [`?token=u1&cursor=${encoded}`, 400],
    ] as const) {
      const client = await server.raw();
      client.write(streamRequest(query));
      await client.sees(/\r\n\r\n.*[}\n]/s);
      expect(client.statuses).toEqual([expected]);
      assertPlainHeads(client.text);
      if (expected === 200) {
        await client.sees(/\nid: .*\n\n/);
        expect(eventsIn(client.text)).toHaveLength(1);
      }
    }
    const upgrade = await server.raw();
    upgrade.write(upgradeRequest(`?token=u1&group=${encoded}`));
    await upgrade.sees('\r\n\r\n');
    expect(upgrade.statuses).toEqual([101]);
    assertPlainHeads(upgrade.text);
    assertOneLine(server);
  },
);

test.each(names)(
  'H-forged-lines %s in what is published is refused, or is only data',
  async (_, lineBreak) => {
    const server = await hostileServer();
    const text = forged(lineBreak);
    const message = { to: { user: 'u1' }, type: 'message', data: { text: 'x' } };
    const named = mayBeNamed.has(lineBreak) ? 202 : 400;
    for (const [body, status] of [
      [{ ...message, type: text }, 400],
      [{ ...message, to: { user: text } }, named],
      [{ ...message, to: { group: text } }, named],
      [{ ...message, [text]: 1 }, 400],
      [{ ...message, idempotencyKey: text }, 202],
    ] as const) {
      const client = await server.raw();
      client.write(publishRequest(JSON.stringify(body)));
      await client.sees(/\r\n\r\n.*\}/s);
      expect(client.statuses).toEqual([status]);
      assertPlainHeads(client.text);
      const answer = Buffer.from(client.text.split('\r\n\r\n')[1] ?? '', 'latin1').toString();
      expect(answer).not.toMatch(/[\r\n\0]/);
    }
    assertOneLine(server);
  },
);

test.each(names)(
  'H-forged-lines %s in frames is answered in one frame each',
  async (_, lineBreak) => {
    const server = await hostileServer();
    const ws = server.webSocket('?token=u1');
    await eventually(() => expect(ws.readies).toHaveLength(1));
    const text = forged(lineBreak);
    ws.send({ t: 'subscribe', ref: text.slice(0, 100), group: text });
    ws.send({ t: 'subscribe', ref: 2, group: 'g1', cursor: text });
    await eventually(() => expect(ws.frames).toHaveLength(3));
    const [, first, second] = ws.frames;
    const isName = mayBeNamed.has(lineBreak);
    expect(first).toMatchObject({ t: isName ? 'subscribed' : 'error', ref: text.slice(0, 100) });
    expect(second).toMatchObject({ t: 'error', code: 'CURSOR_INVALID', ref: 2 });
    ws.send({ t: text });
    await eventually(() => expect(ws.closeCode).toBe(4400));
    assertOneLine(server);
  },
);

test('H-forged-lines raw bytes in Last-Event-ID are refused with 400, by Node or by us', async () => {
  const server = await hostileServer();
  for (const byte of ['\0', '\x01', '\x7f', '\x85', '\xe2\x80\xa8', '\r']) {
    const client = await server.raw();
    client.write(streamRequest('?token=u1', `Last-Event-ID: c1${byte}event: forged\r\n`));
    await client.sees(/\r\n\r\n/);
    expect(client.statuses).toEqual([400]);
    assertPlainHeads(client.text);
  }
  await server.assertServes();
});
