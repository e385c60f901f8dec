import { expect, test } from 'vitest';
import { pathOf } from './path-of.js';

test.each([
  ['/a/b', '/a/b'],
  ['/a/b?c=/d/', '/a/b'],
  ['/a/b/', '/a/b'],
  ['/a/b/?c', '/a/b'],
  ['/a/b//', '/a/b/'],
  ['//a/b', '//a/b'],
  ['/A/b', '/A/b'],
  ['/', '/'],
  ['*', '*'],
  ['', ''],
  [undefined, ''],
  ['http://h/a/b?c', '/a/b'],
  ['HTTPS://user@h:80/a/b/', '/a/b'],
  ['ws://[::1]:3000/a/b', '/a/b'],
  ['http://h?/a', ''],
  ['/x/http://h/a', '/x/http://h/a'],
  ['ftp://h/a', 'ftp://h/a'],
  ['/a%2Fb', '/a%2Fb'],
])('the path of %j is %j', (url, path) => {
  expect(pathOf(url)).toBe(path);
});
