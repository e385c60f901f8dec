import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Audience } from './audience.js';
import { ChannelNames } from './channel-names.js';

const invalid = (code: string) => expect.objectContaining({ code });
const names = new ChannelNames();

test('users, groups and all have channels of their own', () => {
  expect([names.user('1'), names.group('1'), names.all]).toEqual(['user:1', 'group:1', 'all']);
  const own = new ChannelNames({ userPrefix: 'u/', groupPrefix: 'g/', all: 'everybody' });
  expect([own.user('1'), own.group('1'), own.all]).toEqual(['u/1', 'g/1', 'everybody']);
});

test.each([
  'a',
  'x'.repeat(200),
  'a b',
  'user:1',
  'all',
  '🎉'.repeat(100),
  'ä/~.|*?[]{}',
  '\u2028',
])('the name %j is taken as it is', (name) => {
  expect(names.user(name)).toBe(`user:${name}`);
  expect(names.group(name)).toBe(`group:${name}`);
});

test.each<[string, string]>([
  ['nothing', ''],
  ['201 characters', 'x'.repeat(201)],
  ['a line feed', 'a\nb'],
  ['a carriage return', 'a\r'],
  ['NUL', '\0'],
  ['DEL', 'a\u007f'],
  ['a C1 control', 'a\u0085'],
  ['the last C1 control', 'a\u009f'],
  ['a lone high surrogate', 'a\ud800'],
  ['a lone low surrogate', '\udc00a'],
  ['surrogates the wrong way round', '\udc00\ud800'],
])('%s is refused as a name', (_, name) => {
  expect(() => names.user(name)).toThrow(invalid('CHANNEL_INVALID'));
  expect(() => names.group(name)).toThrow(invalid('CHANNEL_INVALID'));
});

/** The names that are taken, arbitrary ones. */
const name = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 20 })
  .filter((text) => tryName(() => names.user(text)) !== undefined);
const prefix = fc.string({ unit: fc.constantFrom('a', 'b', ':'), minLength: 1, maxLength: 3 });

function tryName<Result>(call: () => Result): Result | undefined {
  try {
    return call();
  } catch {
    return undefined;
  }
}

test('G8 no two audiences ever share a channel, not even as bytes, with any prefixes that are taken', () => {
  fc.assert(
    fc.property(prefix, prefix, prefix, name, name, (userPrefix, groupPrefix, all, one, two) => {
      const own = tryName(() => new ChannelNames({ userPrefix, groupPrefix, all }));
      fc.pre(own !== undefined);
      const channels = [own.user(one), own.group(one), own.all];
      if (one !== two) channels.push(own.user(two), own.group(two));
      const bytes = channels.map((channel) => Buffer.from(channel).toString('hex'));
      expect(new Set(bytes).size).toBe(channels.length);
    }),
    { numRuns: 500 },
  );
});

test.each<[string, ConstructorParameters<typeof ChannelNames>[0]]>([
  ['equal prefixes', { userPrefix: 'x:', groupPrefix: 'x:' }],
  ['a prefix that begins with the other', { userPrefix: 'x:', groupPrefix: 'x:y:' }],
  ['the other way round', { userPrefix: 'x:y:', groupPrefix: 'x:' }],
  ['all among the users', { all: 'user:1' }],
  ['all among the groups', { all: 'group:' }],
  ['an empty prefix', { userPrefix: '' }],
  ['an empty all', { all: '' }],
  ['a prefix of 51 characters', { userPrefix: 'x'.repeat(51) }],
  ['a prefix that is ill-formed', { userPrefix: '\ud800', groupPrefix: '\ud801' }],
  ['a prefix with a control character', { groupPrefix: 'g\n' }],
  ['an ill-formed all', { all: 'all\udc00' }],
])('%s is refused', (_, options) => {
  expect(() => new ChannelNames(options)).toThrow(invalid('OPTIONS_INVALID'));
});

test('an audience is turned into its channels, each once', () => {
  expect(names.ofAudience({ user: '1' }, 3)).toEqual(['user:1']);
  expect(names.ofAudience({ users: ['2', '1', '2'] }, 3)).toEqual(['user:2', 'user:1']);
  expect(names.ofAudience({ group: 'g' }, 3)).toEqual(['group:g']);
  expect(names.ofAudience({ all: true }, 3)).toEqual(['all']);
});

test('G9 users count against the limit as they are written', () => {
  expect(names.ofAudience({ users: ['1', '2', '3'] }, 3)).toHaveLength(3);
  expect(() => names.ofAudience({ users: ['1', '1', '1', '1'] }, 3)).toThrow(
    invalid('AUDIENCE_INVALID'),
  );
});

test.each<[string, unknown]>([
  ['nothing', undefined],
  ['null', null],
  ['an empty object', {}],
  ['no users', { users: [] }],
  ['a user that is a number', { user: 1 }],
  ['users of which one is null', { users: ['1', null] }],
  ['all false', { all: false }],
  ['two at once', { user: '1', group: 'g' }],
  ['an unknown member', { user: '1', admin: true }],
  ['a list', ['1']],
])('%s is no audience', (_, audience) => {
  // Deliberately wrong: what comes from outside is checked at run time.
  expect(() => names.ofAudience(audience as Audience, 3)).toThrow(invalid('AUDIENCE_INVALID'));
});

test('a bad name in an audience is refused as such', () => {
  expect(() => names.ofAudience({ users: ['1', '\0'] }, 3)).toThrow(invalid('CHANNEL_INVALID'));
});
