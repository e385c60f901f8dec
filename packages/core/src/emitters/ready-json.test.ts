import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readyMembers } from './ready-json.js';

const position = fc.record({
  epoch: fc.stringMatching(/^[0-9a-z]{1,16}$/),
  offset: fc.nat(),
  tag: fc.stringMatching(/^[0-9a-f]{8}$/),
});

test('it is the JSON of the members, whatever channels and users are called', () => {
  fc.assert(
    fc.property(
      fc.option(fc.string({ unit: 'binary' })),
      fc.array(fc.tuple(fc.string({ unit: 'binary' }), position)),
      fc.boolean(),
      (userId, entries, recovered) => {
        const channels = new Map(entries);
        const written = readyMembers({ userId, channels, recovered }, 25_000);
        const plain = { user: userId, recovered, heartbeatMs: 25_000 };
        const { channels: read, ...rest } = JSON.parse(`{${written}}`);
        expect(rest).toEqual(JSON.parse(JSON.stringify(plain)));
        expect(new Map(Object.entries(read))).toEqual(
          new Map(Object.entries(JSON.parse(JSON.stringify(Object.fromEntries(channels))))),
        );
      },
    ),
  );
});
