import fc from 'fast-check';
import { expect, test } from 'vitest';
import { networkOf } from './network-of.js';

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::FFFF:192.0.2.1', '192.0.2.1'],
  ['::ffff:c000:201', '192.0.2.1'],
  ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1%eth0', '192.0.2.1'],
  ['::1', '0:0:0:0::/64'],
  ['::', '0:0:0:0::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['2001:DB8:0:0:1:2:3:4', '2001:db8:0:0::/64'],
  ['2001:0db8::', '2001:db8:0:0::/64'],
  ['2001:db8:1:2::', '2001:db8:1:2::/64'],
  ['1:2:3:4:5:6:1.2.3.4', '1:2:3:4::/64'],
  ['1::5:6:1.2.3.4', '1:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['', ''],
  ['unknown', 'unknown'],
  ['1.2.3.4, 5.6.7.8', '1.2.3.4, 5.6.7.8'],
  ['::ffff:999.1.1.1', '::ffff:999.1.1.1'],
  ['1:2', '1:2'],
])('%s belongs to %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});

test('all addresses of a /64 are one network, whatever way they are written, and no other /64 is', () => {
  const group = fc.integer({ min: 0, max: 0xffff });
  const four = fc.tuple(group, group, group, group);
  fc.assert(
    fc.property(four, four, four, (network, one, other) => {
      const written = (host: readonly number[]) =>
        [...network, ...host].map((each) => each.toString(16)).join(':');
      const padded = [...network, ...other]
        .map((each) => each.toString(16).padStart(4, '0').toUpperCase())
        .join(':');
      const isMapped = network.every((each) => each === 0) && one[0] === 0 && one[1] === 0xffff;
      fc.pre(!isMapped);
      expect(networkOf(written(one))).toBe(networkOf(padded));
      const neighbour = [network[0], network[1], network[2], network[3] ^ 1, ...one];
      expect(networkOf(neighbour.map((each) => each.toString(16)).join(':'))).not.toBe(
        networkOf(written(one)),
      );
    }),
  );
});

test('any text has a network, of bounded length', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(':', '.', '%', 'f', '0', '1') })),
      (text) => {
        expect(networkOf(text.repeat(10)).length).toBeLessThanOrEqual(64);
      },
    ),
  );
});
