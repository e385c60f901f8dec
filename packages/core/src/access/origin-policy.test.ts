import type { IncomingHttpHeaders } from 'node:http';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type AllowedOrigins, looksAmbient, OriginPolicy } from './origin-policy.js';
import { preflightHeaders } from './preflight.js';

const policy = (allowed?: AllowedOrigins) => new OriginPolicy(allowed, 'test');

function passes(check: () => void): boolean {
  try {
    check();
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: 'ORIGIN_FORBIDDEN', retryable: false });
    return false;
  }
}

const own = { host: 'a.example:3000' };

test.each<[string, IncomingHttpHeaders, boolean]>([
  ['http://a.example:3000', own, true],
  ['https://a.example:3000', own, true],
  ['https://a.example', { host: 'a.example' }, true],
  ['https://a.example', { host: 'A.Example:443' }, true],
  ['http://a.example', { host: 'a.example:80' }, true],
  ['http://[::1]:3000', { host: '[::1]:3000' }, true],
  ['https://a.example', { ':authority': 'a.example' }, true],
  ['http://a.example', own, false],
  ['http://a.example:3001', own, false],
  ['http://a.example', { host: 'a.example:443' }, false],
  ['http://a.example:3000.evil.example', own, false],
  ['http://evil.example#a.example:3000', own, false],
  ['http://a.example:3000@evil.example', own, false],
  ['http://evil.example/a.example:3000', own, false],
  ['http://sub.a.example:3000', own, false],
  ['ftp://a.example:3000', own, false],
  ['null', own, false],
  ['', own, false],
  ['http://a.example:3000, http://b.example', own, false],
  ['http://a.example:3000', {}, false],
])('without a list only the own origin passes: %s for %j: %s', (origin, headers, expected) => {
  expect(passes(() => policy().check({ ...headers, origin }))).toBe(expected);
  expect(passes(() => policy().checkAmbient({ ...headers, origin }))).toBe(expected);
});

test('listed origins pass exactly, and no origin that only looks like one', () => {
  const listed = policy(['https://app.example', 'capacitor://localhost']);
  for (const origin of ['https://app.example', 'capacitor://localhost']) {
    expect(passes(() => listed.check({ ...own, origin }))).toBe(true);
    expect(passes(() => listed.checkAmbient({ ...own, origin }))).toBe(true);
  }
  fc.assert(
    fc.property(fc.string(), fc.string(), (before, after) => {
      fc.pre(before !== '' || after !== '');
      const origin = `${before}https://app.example${after}`;
      expect(passes(() => listed.check({ ...own, origin }))).toBe(false);
    }),
  );
});

test('a program without an origin passes, unless its credential came by itself', () => {
  expect(passes(() => policy().check(own))).toBe(true);
  expect(passes(() => policy().checkAmbient(own))).toBe(false);
});

test.each<[IncomingHttpHeaders, boolean]>([
  [{ 'sec-fetch-site': 'same-origin' }, true],
  [{ 'sec-fetch-site': 'none' }, true],
  [{ 'sec-fetch-site': 'same-site' }, false],
  [{ 'sec-fetch-site': 'cross-site' }, false],
  [{ referer: 'http://a.example:3000/page?x' }, true],
  [{ referer: 'https://app.example/page' }, true],
  [{ referer: 'https://evil.example/a.example:3000' }, false],
  [{ referer: 'not a url' }, false],
  [{ 'sec-fetch-site': 'cross-site', referer: 'http://a.example:3000/' }, false],
])(
  'a cookie without an origin needs the browser to say where it comes from: %j: %s',
  (headers, expected) => {
    const listed = policy(['https://app.example']);
    expect(passes(() => listed.checkAmbient({ ...own, ...headers }))).toBe(expected);
  },
);

test('`*` lets every page in, with what it says outright but not with cookies', () => {
  const open = policy('*');
  const foreign = { ...own, origin: 'https://evil.example' };
  expect(passes(() => open.check(foreign))).toBe(true);
  expect(passes(() => open.checkAmbient(foreign))).toBe(false);
  expect(passes(() => open.checkAmbient({ ...own, origin: 'http://a.example:3000' }))).toBe(true);
  expect(open.corsHeaders(foreign)).toEqual({ 'Access-Control-Allow-Origin': '*' });
});

test('only listed origins get CORS headers, and credentials with them', () => {
  const listed = policy(['https://app.example']);
  expect(listed.corsHeaders({ origin: 'https://app.example' })).toEqual({
    'Access-Control-Allow-Origin': 'https://app.example',
    'Access-Control-Allow-Credentials': 'true',
    Vary: 'Origin',
  });
  // Caches must not give the answer for one origin to another.
  expect(listed.corsHeaders({ origin: 'https://evil.example' })).toEqual({ Vary: 'Origin' });
  expect(listed.corsHeaders({})).toEqual({ Vary: 'Origin' });
  expect(policy().corsHeaders({ origin: 'http://a.example:3000' })).toEqual({});
});

test.each([
  ['https://app.example/'],
  ['app.example'],
  ['https://app.example/path'],
  ['https://a,b.example'],
  ['null'],
  [''],
])('%s is no origin to list', (origin) => {
  expect(() => policy([origin])).toThrow(expect.objectContaining({ code: 'OPTIONS_INVALID' }));
});

test('a preflight is answered for allowed origins, refused for others, and nothing else is one', () => {
  const listed = policy(['https://app.example']);
  const asking = (headers: IncomingHttpHeaders, method = 'OPTIONS') =>
    preflightHeaders(listed, { method, headers: { ...own, ...headers } }, ['GET']);
  const preflight = { origin: 'https://app.example', 'access-control-request-method': 'GET' };
  expect(asking(preflight)).toMatchObject({
    'Access-Control-Allow-Origin': 'https://app.example',
    'Access-Control-Allow-Methods': 'GET',
    'Access-Control-Allow-Headers': expect.stringContaining('Last-Event-ID'),
  });
  expect(passes(() => asking({ ...preflight, origin: 'https://evil.example' }))).toBe(false);
  expect(asking(preflight, 'GET')).toBeUndefined();
  expect(asking({ origin: 'https://app.example' })).toBeUndefined();
  expect(asking({ 'access-control-request-method': 'GET' })).toBeUndefined();
});

test('a credential looks ambient where only a cookie could carry it', () => {
  expect(looksAmbient({ cookie: 'a=b' })).toBe(true);
  expect(looksAmbient({ cookie: 'a=b', authorization: 'Bearer x' })).toBe(false);
  expect(looksAmbient({})).toBe(false);
});
