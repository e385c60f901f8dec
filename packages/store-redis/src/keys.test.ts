import fc from 'fast-check';
import { expect, test } from 'vitest';
import { channelKeys, dueKeys, dueParts, finishedKey, idempotencyKey } from './keys.js';

/** As the Redis Cluster specification says: between the first `{` and the next `}`, if not empty. */
function redisHashTag(key: string): string {
  const start = key.indexOf('{');
  const end = key.indexOf('}', start + 1);
  return start < 0 || end < 0 || end === start + 1 ? key : key.slice(start + 1, end);
}

const channel = fc.string({
  unit: fc.constantFrom('{', '}', '%', '7', 'B', 'D', ':', 'a', 'ü'),
  minLength: 1,
});

test('keys of one channel share one hash tag', () => {
  fc.assert(
    fc.property(channel, fc.string(), (name, key) => {
      const { head, log } = channelKeys('rn:', name);
      const tags = [head, log, idempotencyKey('rn:', name, key)].map(redisHashTag);
      expect(new Set(tags).size).toBe(1);
      expect(tags[0]).not.toContain('rn:');
    }),
  );
});

test('keys of different channels never meet', () => {
  fc.assert(
    fc.property(channel, channel, fc.string(), fc.string(), (one, other, key, otherKey) => {
      fc.pre(one !== other);
      const keysOf = (name: string, idem: string) =>
        new Set([...Object.values(channelKeys('rn:', name)), idempotencyKey('rn:', name, idem)]);
      const others = keysOf(other, otherKey);
      for (const own of keysOf(one, key)) expect(others).not.toContain(own);
    }),
  );
});

test('names without braces and percent signs are readable in the keys', () => {
  expect(channelKeys('rn:', 'user:42')).toEqual({
    head: 'rn:{user:42}:head',
    log: 'rn:{user:42}:log',
  });
  expect(channelKeys('rn:', '{a}%').head).toBe('rn:{%7Ba%7D%25}:head');
});

test('the keys of one part of the due work share one hash tag, and meet those of no other', () => {
  const seen = new Set<string>();
  for (let part = 0; part < dueParts; part += 1) {
    const keys = [...Object.values(dueKeys('rn:', part)), finishedKey('rn:', part, '{a}')];
    expect(new Set(keys.map(redisHashTag))).toEqual(new Set([`due:${part}`]));
    for (const key of keys) expect(seen).not.toContain(key);
    for (const key of keys) seen.add(key);
  }
  const ofChannel = Object.values(channelKeys('rn:', 'due:3'));
  for (const key of [...ofChannel, idempotencyKey('rn:', 'due:3', 'finished')]) {
    expect(seen).not.toContain(key);
  }
});
