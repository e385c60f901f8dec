import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { serviceAddress } from './service-address.js';

/** A real Chromium with an empty profile. */
export interface Browser {
  page(): Promise<Page>;
  /** What pages complained of: exceptions and errors on the console. */
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

const args = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export async function openBrowser(): Promise<Browser> {
  const executablePath = serviceAddress('CHROMIUM_PATH');
  const profile = await mkdtemp(join(tmpdir(), 'realtime-notify-browser-'));
  const context = await chromium.launchPersistentContext(profile, { executablePath, args });
  const complaints: string[] = [];
  return {
    complaints,
    async page() {
      const page = await context.newPage();
      page.setDefaultTimeout(30_000);
      page.on('pageerror', (error) => complaints.push(String(error)));
      page.on('console', (message) => {
        if (message.type() === 'error') complaints.push(message.text());
      });
      return page;
    },
    async close() {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}
