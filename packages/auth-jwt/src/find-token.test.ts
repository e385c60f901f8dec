import { expect, test } from 'vitest';
import { findToken as find } from './find-token.js';

const findToken = (...args: Parameters<typeof find>) => find(...args)?.token;

const places = { cookieName: 'token', queryName: 'token' };

function request(parts: { token?: string; header?: string; query?: string; cookie?: string }) {
  return {
    headers: {
      ...(parts.header === undefined ? {} : { authorization: parts.header }),
      ...(parts.cookie === undefined ? {} : { cookie: parts.cookie }),
    },
    query: new URLSearchParams(parts.query ?? ''),
    ...(parts.token === undefined ? {} : { token: parts.token }),
  };
}

test('takes the hello frame before the header, the query and the cookie', () => {
  const all = { token: 'a', header: 'Bearer b', query: 'token=c', cookie: 'token=d' };
  expect(findToken(request(all), places)).toBe('a');
  const { token: _, ...noHello } = all;
  expect(findToken(request(noHello), places)).toBe('b');
  const { header: __, ...noHeader } = noHello;
  expect(findToken(request(noHeader), places)).toBe('c');
  const { query: ___, ...cookieOnly } = noHeader;
  expect(findToken(request(cookieOnly), places)).toBe('d');
  expect(findToken(request({}), places)).toBeUndefined();
});

test('reads the header as RFC 6750 writes it', () => {
  expect(findToken(request({ header: 'bearer  x.y.z' }), places)).toBe('x.y.z');
  expect(findToken(request({ header: 'Basic x.y.z' }), places)).toBeUndefined();
  expect(findToken(request({ header: 'Bearer' }), places)).toBeUndefined();
  expect(findToken(request({ header: 'Bearer two words' }), places)).toBeUndefined();
  expect(findToken(request({ header: 'Basic u', query: 'token=q' }), places)).toBe('q');
});

test('finds the cookie among others, quoted or not, by its whole name', () => {
  const cookie = 'xtoken=no; token2=no; token="a=b"; token=second';
  expect(findToken(request({ cookie }), places)).toBe('a=b');
  expect(findToken(request({ cookie: 'other=1' }), places)).toBeUndefined();
  expect(findToken(request({ cookie: 'token=' }), places)).toBeUndefined();
});

test('looks neither into the query nor the cookies where that is switched off', () => {
  const off = { cookieName: false, queryName: false } as const;
  const given = request({ query: 'token=c', cookie: 'token=d' });
  expect(findToken(given, off)).toBeUndefined();
  expect(findToken(given, { ...off, cookieName: 'token' })).toBe('d');
  expect(findToken(given, { ...off, queryName: 'token' })).toBe('c');
});
