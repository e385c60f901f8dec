import { isIPv4, isIPv6 } from 'node:net';

/** Longer text is no address; it comes from a header that the host trusts, or from an attacker. */
const maxTextChars = 64;
/** The first 96 bits of an IPv4 address that is written as an IPv6 one. */
const mapped = '0:0:0:0:0:ffff';

/**
 * What counts as one client address: an IPv4 address, or the first 64 bits of an IPv6 one, since a single
 * customer usually has all the rest. Text that is no address stands for itself. Pure.
 */
export function networkOf(address: string): string {
  const [plain = ''] = address.split('%', 1);
  if (!isIPv6(plain)) return address.slice(0, maxTextChars);
  const groups = groupsOf(plain);
  const [high = 0, low = 0] = groups.slice(6);
  if (groups.slice(0, 6).map(hex).join(':') === mapped) {
    return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');
  }
  return `${groups.slice(0, 4).map(hex).join(':')}::/64`;
}

/** The eight numbers of an address. */
function groupsOf(address: string): readonly number[] {
  const [head = '', tail] = address.split('::');
  const before = numbersOf(head);
  const after = tail === undefined ? [] : numbersOf(tail);
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => 0);
  return [...before, ...zeros, ...after];
}

function numbersOf(text: string): readonly number[] {
  if (text === '') return [];
  return text.split(':').flatMap((part) => {
    if (!isIPv4(part)) return [Number.parseInt(part, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = part.split('.').map(Number);
    return [a * 256 + b, c * 256 + d];
  });
}

function hex(group: number): string {
  return group.toString(16);
}
