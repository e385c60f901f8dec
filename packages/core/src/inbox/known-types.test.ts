import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { StoredEnvelope } from '../notification/notification.js';
import type { ReadRequest } from '../ports/store.js';
import { KnownTypes } from './known-types.js';

/** A log whose places have the types that a test gives them. */
class TypedLog {
  epoch = 'e1';
  logStart = 1;
  types: string[] = [];
  /** How many notifications were read. */
  read = 0;

  get head() {
    return { epoch: this.epoch, offset: this.types.length, tag: '' };
  }

  typeAt(offset: number): string | undefined {
    return offset < this.logStart ? undefined : this.types[offset - 1];
  }

  async readAfter(requests: readonly ReadRequest[]) {
    const { head, logStart, epoch } = this;
    return requests.map(({ channel, after, limit }) => {
      const first = Math.max(after + 1, logStart);
      const items = this.types
        .slice(first - 1, first - 1 + limit)
        .map((type, i): StoredEnvelope => {
          const at = { channel, epoch, offset: first + i, previousTag: '' };
          return { id: `${first + i}`, type, time: 0, dataJson: '{}', ...at };
        });
      this.read += items.length;
      return { items, logStart, head };
    });
  }
}

function range(log: TypedLog, first: number, last = log.types.length, channel = 'all') {
  return { channel, head: log.head, first, last };
}

function types(typeAt: (offset: number) => string | undefined, first: number, last: number) {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => typeAt(first + i));
}

test('whatever is asked of a log that grows, is trimmed and begins anew, the types are those that it has', async () => {
  const step = fc.oneof(
    fc.record({ op: fc.constant('append' as const), count: fc.integer({ min: 1, max: 300 }) }),
    fc.record({ op: fc.constant('trim' as const), count: fc.integer({ min: 1, max: 50 }) }),
    fc.record({ op: fc.constant('lose' as const), count: fc.integer({ min: 1, max: 50 }) }),
    fc.record({ op: fc.constant('ask' as const), count: fc.integer({ min: 0, max: 400 }) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const log = new TypedLog();
      const known = new KnownTypes(log, 500);
      let made = 0;
      for (const { op, count } of steps) {
        const { length } = log.types;
        if (op === 'append') {
          for (let i = 0; i < count; i += 1, made += 1) log.types.push(`t${made % 7}`);
        } else if (op === 'trim') {
          log.logStart = Math.min(log.logStart + count, length + 1);
        } else if (op === 'lose') {
          log.types.length = Math.max(length - count, log.logStart - 1);
          log.epoch += 'x';
        } else {
          const first = Math.max(log.logStart, length - count);
          const asked = range(log, first);
          const [one, other] = await Promise.all([known.of(asked), known.of(asked)]);
          const right = types((offset) => log.typeAt(offset), first, length);
          expect(types(one, first, length)).toEqual(right);
          expect(types(other, first, length)).toEqual(right);
        }
      }
    }),
  );
});

test('each notification is read once, however often and by however many it is asked for', async () => {
  const log = new TypedLog();
  log.types = Array.from({ length: 900 }, (_, i) => `t${i % 3}`);
  const known = new KnownTypes(log);
  for (let i = 0; i < 5; i += 1) await known.of(range(log, 1 + i * 100));
  expect(log.read).toBe(900);
  log.types.push('t9');
  expect((await known.of(range(log, 500)))(901)).toBe('t9');
  expect(log.read).toBe(901);
});

test('who asks at the same time as others is told the same', async () => {
  const log = new TypedLog();
  const known = new KnownTypes(log);
  for (const type of ['a', 'b', 'c']) {
    log.types.push(type);
    const asked = range(log, 1);
    for (const typeAt of await Promise.all([known.of(asked), known.of(asked)])) {
      expect(types(typeAt, 1, log.types.length)).toEqual(log.types);
    }
  }
});

test('who asks for more than others is told all of it', async () => {
  const log = new TypedLog();
  log.types = ['a', 'b', 'c'];
  const known = new KnownTypes(log);
  for (const first of [3, 1, 2]) {
    const typeAt = await known.of(range(log, first));
    expect(types(typeAt, first, 3)).toEqual(log.types.slice(first - 1));
  }
});

test('what was trimmed meanwhile is of no type, and moves no other', async () => {
  const log = new TypedLog();
  log.types = ['a', 'b', 'c'];
  const asked = range(log, 1);
  log.logStart = 3;
  expect(types(await new KnownTypes(log).of(asked), 1, 3)).toEqual([undefined, undefined, 'c']);
});

test('channels that were not used for longest are forgotten where too much is kept', async () => {
  const log = new TypedLog();
  log.types = Array.from({ length: 100 }, () => 't');
  const known = new KnownTypes(log, 250);
  for (const channel of ['a', 'b', 'a', 'c']) await known.of(range(log, 1, 100, channel));
  expect(log.read).toBe(300);
  await known.of(range(log, 1, 100, 'a'));
  expect(log.read).toBe(300);
  await known.of(range(log, 1, 100, 'b'));
  expect(log.read).toBe(400);
});

test('of a long log the older half is forgotten', async () => {
  const log = new TypedLog();
  log.types = Array.from({ length: 45_000 }, (_, i) => `t${i}`);
  const known = new KnownTypes(log);
  const typeAt = await known.of(range(log, 1));
  expect(typeAt(1)).toBeUndefined();
  expect(types(typeAt, 35_001, 45_000)).toEqual(log.types.slice(35_000));
});

test('what stands in the places of a log that was lost meanwhile is not taken for what was there', async () => {
  const log = new TypedLog();
  log.types = ['a', 'b'];
  const known = new KnownTypes(log);
  const asked = range(log, 1);
  log.epoch = 'e2';
  const typeAt = await known.of(asked);
  expect([typeAt(1), typeAt(2)]).toEqual([undefined, undefined]);
});
