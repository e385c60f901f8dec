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

  const connectAs = async (page: Page, user: string): Promise<void> => {
    await page.goto(nodes.a.base);
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

  it('shows what is sent at the other node, in the list and in the badge, and what its own form sends', async () => {
    const user = `${run}-reader`;
    const page = await browser.page();
    await connectAs(page, user);
    await sendAtB(user, 'from the other node');
    await shows(page, 'from the other node');
    expect(await page.locator('#unread').textContent()).toBe('1 unread');

    await page.getByLabel('Name').fill(user);
    await page.getByLabel('Text').fill('<img src="x" onerror="alert(1)">');
    await page.getByRole('button', { name: 'Send' }).click();
    await shows(page, '<img src="x" onerror="alert(1)">', 'from the other node');
    expect(await page.locator('#unread').textContent()).toBe('2 unread');
    expect(await page.locator('#list img').count()).toBe(0);

    await page.getByRole('button', { name: 'Mark all as read' }).click();
    expect(await page.locator('#unread').textContent()).toBe('');
    await page.close();
  });

  it('keeps working after a reload: what was there before, then what comes', async () => {
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
    expect(await page.locator('#unread').textContent()).toBe('1 unread');
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
