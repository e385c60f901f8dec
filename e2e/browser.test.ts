import { randomUUID } from 'node:crypto';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Browser, openBrowser } from './harness/browser.js';
import { eventually } from './harness/eventually.js';
import { notify } from './harness/publisher.js';
import { type RedisDatabase, redisDatabase } from './harness/redis-database.js';
import { startTwoNodes, type TwoNodes } from './harness/two-nodes.js';

const run = randomUUID().slice(0, 8);

describe('the page of the example in a real browser, BROKER=redis', () => {
  let redis: RedisDatabase;
  let nodes: TwoNodes;
  let browser: Browser;

  beforeAll(async () => {
    redis = await redisDatabase();
    nodes = await startTwoNodes({ BROKER: 'redis', STORE: 'redis', REDIS_URL: redis.url });
    browser = await openBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    await nodes?.stop();
    await redis?.release();
  });

  const connectAs = async (page: Page, user: string, base = nodes.a.base): Promise<void> => {
    await page.goto(base);
    await page.getByLabel('User', { exact: true }).fill(user);
    await page.getByRole('button', { name: 'Connect' }).click();
    await page.getByText(`Connected as ${user}`, { exact: true }).waitFor();
  };
  const sendAtB = (user: string, text: string) =>
    notify(nodes.b.base, { to: { user }, type: 'message', data: { text } });
  const shown = (page: Page): Promise<string[]> => page.locator('#list .text').allTextContents();
  const shows = async (page: Page, ...texts: string[]): Promise<void> => {
    let list: string[] = [];
    await eventually(
      `the page shows ${texts.join(', ')}`,
      async () => {
        list = await shown(page);
        return JSON.stringify(list) === JSON.stringify(texts);
      },
      () => `it shows ${list.join(', ')}`,
    );
  };

  const counts = async (page: Page, text: string): Promise<void> => {
    let badge: string | null = null;
    await eventually(
      `the badge says "${text}"`,
      async () => {
        badge = await page.locator('#unread').textContent();
        return badge === text;
      },
      () => `it says "${badge}"`,
    );
  };

  it('shows what is sent at the other node, in the list and in the badge, and what its own form sends', async () => {
    const user = `${run}-reader`;
    const page = await browser.page();
    await connectAs(page, user);
    await sendAtB(user, 'from the other node');
    await shows(page, 'from the other node');
    await counts(page, '1 unread');

    await page.getByLabel('Name').fill(user);
    await page.getByLabel('Text').fill('<img src="x" onerror="alert(1)">');
    await page.getByRole('button', { name: 'Send' }).click();
    await shows(page, '<img src="x" onerror="alert(1)">', 'from the other node');
    await counts(page, '2 unread');
    expect(await page.locator('#list img').count()).toBe(0);

    await page.getByRole('button', { name: 'Mark all as read' }).click();
    await counts(page, '');
    await page.close();
  });

  it('shows the same inbox in two windows on two nodes: what is done in one is seen in the other', async () => {
    const user = `${run}-both`;
    const windows = [await browser.page(), await browser.page()] as const;
    const [one, two] = windows;
    await connectAs(one, user);
    await connectAs(two, user, nodes.b.base);
    const texts = Array.from({ length: 12 }, (_, i) => `number ${i}`);
    for (const text of texts) await sendAtB(user, text);
    const newest = texts.toReversed();
    for (const page of windows) await shows(page, ...newest);

    await one.getByRole('button', { name: 'number 11' }).click();
    for (const page of windows) await counts(page, '11 unread');
    expect(await two.locator('li.unread').count()).toBe(11);
    await two.getByRole('button', { name: 'number 11' }).click();
    for (const page of windows) await counts(page, '12 unread');

    const actions = (page: Page, index: number) => page.locator('#list li').nth(index);
    await actions(two, 0).getByRole('button', { name: 'Archive' }).click();
    for (const page of windows) await shows(page, ...newest.slice(1));
    await actions(one, 0).getByRole('button', { name: 'Remove' }).click();
    for (const page of windows) {
      await shows(page, ...newest.slice(2));
      await counts(page, '10 unread');
    }

    await sendAtB(user, 'one more');
    await connectAs(two, user, nodes.b.base);
    await shows(two, 'one more', ...newest.slice(2, 11));
    await two.getByRole('button', { name: 'Load older' }).click();
    await shows(two, 'one more', ...newest.slice(2));
    expect(await two.getByRole('button', { name: 'Load older' }).isVisible()).toBe(false);

    await two.getByRole('button', { name: 'Mark all as read' }).click();
    for (const page of windows) {
      await counts(page, '');
      expect(await page.title()).toBe('realtime-notify');
      await page.close();
    }
    expect(browser.complaints).toEqual([]);
  });

  it('keeps working after a reload: what was there before, read or not, then what comes', async () => {
    const user = `${run}-reloader`;
    const page = await browser.page();
    await connectAs(page, user);
    await sendAtB(user, 'before');
    await shows(page, 'before');
    await page.reload();
    await sendAtB(user, 'in between');
    await connectAs(page, user);
    await shows(page, 'in between', 'before');
    await sendAtB(user, 'after');
    await shows(page, 'after', 'in between', 'before');
    await counts(page, '3 unread');
    await page.close();
    expect(browser.complaints).toEqual([]);
  });

  it("comes back by itself when its node was killed, and shows what it missed: the browser's own EventSource", async () => {
    const user = `${run}-survivor`;
    const page = await browser.page();
    await connectAs(page, user);
    await sendAtB(user, 'before');
    await shows(page, 'before');
    await nodes.a.kill9();
    await page.getByText('Connection lost, coming back…').waitFor();
    await sendAtB(user, 'while it was away');
    await nodes.a.restart();
    await shows(page, 'while it was away', 'before');
    await page.getByText(`Connected as ${user}`, { exact: true }).waitFor();
    await page.close();
    for (const node of nodes.both) await node.assertHealthy();
  });
});
