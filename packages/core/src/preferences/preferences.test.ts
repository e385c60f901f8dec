import fc from 'fast-check';
import { expect, test } from 'vitest';
import { allowsMedium, type Preferences, resolvePreferences, throttleOf } from './preferences.js';
import type { QuietHours } from './quiet-hours.js';
import type { Throttle } from './throttle.js';

const night = { from: '22:00', until: '07:00', timeZone: 'Europe/Berlin' };

test('without a word everything may be sent, at once', () => {
  const resolved = resolvePreferences({}, {});
  expect(resolved).toEqual({ media: {}, types: {}, quietHours: false, throttle: {} });
  for (const name of ['mail', 'constructor', '__proto__']) {
    expect(allowsMedium(resolved, name, name)).toBe(true);
    expect(throttleOf(resolved, name)).toBeUndefined();
  }
});

test('what the user says outranks the defaults, also where they say more', () => {
  const defaults: Preferences = {
    media: { sms: false },
    types: { alarm: { sms: true, mail: true } },
    quietHours: night,
    throttle: { mail: { limit: 3, windowMs: 1 }, sms: { limit: 1, windowMs: 1 } },
  };
  const byDefault = resolvePreferences(defaults, {});
  expect(allowsMedium(byDefault, 'alarm', 'sms')).toBe(true);
  expect(allowsMedium(byDefault, 'message', 'sms')).toBe(false);
  const own = resolvePreferences(defaults, {
    media: { sms: false },
    types: { message: { sms: true } },
    quietHours: false,
    throttle: { mail: false },
  });
  expect(allowsMedium(own, 'alarm', 'sms')).toBe(false);
  expect(allowsMedium(own, 'message', 'sms')).toBe(true);
  expect(allowsMedium(own, 'alarm', 'mail')).toBe(true);
  expect(own.quietHours).toBe(false);
  expect([throttleOf(own, 'mail'), throttleOf(own, 'sms')]).toEqual([
    undefined,
    { limit: 1, windowMs: 1 },
  ]);
});

const name = fc.constantFrom('mail', 'sms', 'push', 'constructor');
const switches = fc.dictionary(name, fc.boolean());
const preferences: fc.Arbitrary<Preferences> = fc.record(
  {
    media: switches,
    types: fc.dictionary(name, switches),
    quietHours: fc.constantFrom<QuietHours | false>(night, false),
    throttle: fc.dictionary(
      name,
      fc.constantFrom<Throttle | false>({ limit: 1, windowMs: 9 }, false),
    ),
  },
  { requiredKeys: [] },
);

test('the most particular word of the user counts, then that of the defaults', () => {
  const property = fc.property(
    preferences,
    preferences,
    name,
    name,
    (defaults, own, type, medium) => {
      const resolved = resolvePreferences(defaults, own);
      const words = [own, defaults].flatMap(({ types, media }) => [
        new Map(Object.entries(types ?? {})).get(type),
        media,
      ]);
      const said = words.map((each) => new Map(Object.entries(each ?? {})).get(medium));
      expect(allowsMedium(resolved, type, medium)).toBe(
        said.find((word) => word !== undefined) ?? true,
      );
      expect(resolvePreferences(resolved, {})).toEqual(resolved);
      expect(resolvePreferences({}, resolved)).toEqual(resolved);
    },
  );
  fc.assert(property);
});

test.each([
  [{ media: { mail: 'yes' } }, 'media.mail'],
  [{ quietHours: { ...night, from: '24:00' } }, 'quietHours'],
  [{ quietHours: { ...night, until: night.from } }, 'quietHours'],
  [{ quietHours: { ...night, timeZone: 'Mars/Olympus' } }, 'quietHours'],
  [{ throttle: { mail: { limit: 0, windowMs: 1 } } }, 'throttle.mail'],
  [{ digest: true }, 'digest'],
])('%j is refused', (own, message) => {
  // Deliberately wrong: what a host's database may hold.
  const untyped = own as Preferences;
  expect(() => resolvePreferences({}, untyped)).toThrow(
    expect.objectContaining({ code: 'OPTIONS_INVALID', message: expect.stringContaining(message) }),
  );
});
