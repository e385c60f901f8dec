import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { eventually } from '../harness/eventually.js';
import { Traffic } from '../harness/traffic.js';
import { everywhere, startHost, transports } from './harness/host.js';
import { redisFor } from './harness/own-redis.js';

/** A minute by hand. */
const outageMs = Number(process.env.GUARANTEES_OUTAGE_MS ?? 5_000);
const users = 20;

test(
  'an outage of broker and store under traffic: a few lines of the log for each node, however many publishers and clients are turned away',
  async () => {
    const { redis } = await redisFor();
    const settings = { storeUrl: redis.url, positionCheckMs: 1_000 };
    const hosts = [
      await startHost({ name: 'a', ...settings }),
      await startHost({ name: 'b', ...settings }),
    ] as const;
    for (let index = 0; index < users; index += 1) await everywhere(hosts, `u${index}`, ['g']);
    const traffic = new Traffic({
      nodes: hosts,
      publishers: 32,
      nth: (n) => ({ to: { user: `u${n % users}` }, type: 'message', data: { text: `${n}` } }),
      pauseMs: 20,
    });
    onTestFinished(() => void traffic.stop().catch(() => undefined));
    await eventually('traffic flows', () => traffic.accepted.length > 200);
    const before = hosts.map(({ lines }) => lines.length);
    await redis.kill9();
    // Who comes meanwhile is told to come back, again and again.
    const late = hosts.flatMap((host) =>
      Array.from({ length: 40 }, (_, index) =>
        host.client(transports[index % 2] ?? 'SSE', `late-${index}`),
      ),
    );
    // Some give up waiting in a long outage, and go on coming back.
    for (const reader of late) reader.open().catch(() => undefined);
    // Nothing is waited for: this is how long the outage lasts.
    await delay(outageMs);
    await redis.restart();
    const accepted = traffic.accepted.length;
    await Promise.all(late.map((reader) => reader.untilLive()));
    await eventually('traffic flows again', () => traffic.accepted.length > accepted + 200);
    await traffic.stop();
    hosts.forEach(({ name, lines }, index) => {
      const during = lines.slice(before[index]);
      const sentences = new Map<string, number>();
      for (const line of during) {
        const sentence = line.replace(/ \{.*$/, '');
        sentences.set(sentence, (sentences.get(sentence) ?? 0) + 1);
      }
      console.log(`${name}, ${during.length} lines:`, Object.fromEntries(sentences));
      for (const [sentence, count] of sentences) {
        // Warnings once in ten seconds, news of a link once for each change.
        expect(count, `${name}: ${sentence}`).toBeLessThanOrEqual(2 + outageMs / 10_000);
      }
    });
  },
  120_000 + outageMs,
);
