import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Browser, openBrowser } from './harness/browser.js';
import { type Origins, openOrigins } from './harness/origins.js';

const user = 'u1';

describe('a browser that holds the cookie of a user, on pages of several origins', () => {
  let origins: Origins;
  let browser: Browser;
  let token: string;

  beforeAll(async () => {
    origins = await openOrigins();
    browser = await openBrowser();
    token = await origins.tokenOf(user);
  });

  afterAll(async () => {
    await browser?.close();
    await origins?.close();
  });

  /** A page of an origin; its browser is logged in at our server. */
  const pageOf = async (origin: string): Promise<Page> => {
    const page = await browser.page();
    const cookie = { name: 'token', value: token, url: origins.own };
    await page.context().addCookies([{ ...cookie, sameSite: 'Lax', httpOnly: true }]);
    await page.goto(origin);
    return page;
  };

  /** What the page's script comes by: a text that was sent once the stream was open, or how it failed. */
  const eventSource = (page: Page, query = ''): Promise<string> =>
    page.evaluate(
      (url) =>
        new Promise<string>((resolve) => {
          const source = new EventSource(url, { withCredentials: true });
          source.addEventListener('ready', ({ data }) => {
            source.close();
            resolve(`ready for ${JSON.parse(data).user}`);
          });
          source.onerror = () => {
            source.close();
            resolve('error');
          };
        }),
      `${origins.own}/notifications/stream${query}`,
    );

  const webSocket = (page: Page): Promise<string> =>
    page.evaluate(
      (url) =>
        new Promise<string>((resolve) => {
          const socket = new WebSocket(url, 'realtime-notify.v1');
          socket.onmessage = ({ data }) => {
            socket.close();
            resolve(`${JSON.parse(data).t} for ${JSON.parse(data).user}`);
          };
          socket.onclose = ({ code }) => resolve(`closed with ${code}`);
        }),
      `${origins.own.replace('http', 'ws')}/notifications/ws`,
    );

  const ask = (page: Page, path: string, init: RequestInit): Promise<string> =>
    page.evaluate(
      ([url, init]) =>
        fetch(url, { credentials: 'include', ...init }).then(
          async (answer) => `${answer.type} ${answer.status} ${await answer.text()}`,
          () => 'unreadable',
        ),
      [`${origins.own}/notifications${path}`, init] as const,
    );

  const publishing = (text: string, more: RequestInit = {}): RequestInit => ({
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ to: { user }, type: 'message', data: { text } }),
    ...more,
  });

  it('G8 a page of our own origin works by the cookie: EventSource, WebSocket, fetch', async () => {
    const page = await pageOf(origins.own);
    expect(await eventSource(page)).toBe('ready for u1');
    expect(await webSocket(page)).toBe('ready for u1');
    expect(await ask(page, '/publish', publishing('own'))).toContain('basic 202');
    expect(await ask(page, '', {})).toContain('"text":"own"');
    await page.close();
  });

  it('G8 a page of a listed origin works by the cookie, across origins', async () => {
    const page = await pageOf(origins.listed);
    expect(await eventSource(page)).toBe('ready for u1');
    expect(await webSocket(page)).toBe('ready for u1');
    expect(await ask(page, '/publish', publishing('listed'))).toContain('cors 202');
    expect(await ask(page, '', {})).toContain('"text":"listed"');
    await page.close();
  });

  it('G8 a page of a foreign origin is not let in by the cookie that its browser sends along, and changes nothing', async () => {
    const page = await pageOf(origins.foreign);
    expect(await eventSource(page)).toBe('error');
    expect(await webSocket(page)).toBe('closed with 1006');
    expect(await ask(page, '', {})).toBe('unreadable');
    const before = await origins.textsOf(user);
    expect(await ask(page, '/publish', publishing('forged'))).toBe('unreadable');
    // What needs no preflight reaches the server, with the cookie.
    const simple = publishing('forged', {
      mode: 'no-cors',
      headers: { 'Content-Type': 'text/plain' },
    });
    expect(await ask(page, '/publish', simple)).toContain('opaque');
    expect(await ask(page, '', { mode: 'no-cors' })).toContain('opaque');
    expect(await origins.textsOf(user)).toEqual(before);
    await page.close();
  });

  it('G8 a form of a foreign page publishes nothing', async () => {
    const page = await pageOf(origins.foreign);
    const before = await origins.textsOf(user);
    await page.evaluate((action) => {
      const form = document.createElement('form');
      Object.assign(form, { method: 'POST', action, enctype: 'text/plain' });
      const input = document.createElement('input');
      // The equals sign between name and value ends up inside a member's name.
      input.name = '{"to":{"user":"u1"},"type":"message","data":{"text":"forged","';
      input.value = '":""}}';
      form.append(input);
      document.body.append(form);
      form.submit();
    }, `${origins.own}/notifications/publish`);
    await page.waitForURL(`${origins.own}/**`);
    expect(await page.textContent('body')).toContain('ORIGIN_FORBIDDEN');
    expect(await origins.textsOf(user)).toEqual(before);
    await page.close();
  });
});
