import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { eventually } from '../harness/eventually.js';
import type { StreamReader } from '../harness/stream-reader.js';
import { everywhere, type Host, sayAll, startHost } from './harness/host.js';
import { redisFor, volatile } from './harness/own-redis.js';
import { type Placed, untilAccountedFor, untilShown } from './harness/told.js';

/** Each was told once that it lost history, and of these channels only. */
async function untilTold(readers: readonly StreamReader[], channels: readonly string[]) {
  await eventually('everybody who lost history is told', () =>
    readers.every(({ log }) => log.losses.length > 0),
  );
  for (const { name, log } of readers) {
    expect(
      log.losses.map((lost) => lost.toSorted()),
      name,
    ).toEqual([channels.toSorted()]);
  }
}

function expectUntouched(readers: readonly StreamReader[]): void {
  for (const { name, log, live } of readers) {
    expect({ name, live, readies: log.readies.length, losses: log.losses }).toEqual({
      ...{ name, live: true, readies: 1, losses: [] },
    });
  }
}

describe('history trimmed', () => {
  test('past the cursor of a client that was away: it is told once, other channels lose nothing, who stayed notices nothing', async () => {
    const { redis } = await redisFor(volatile);
    const settings = { storeUrl: redis.url, retention: { maxCount: 20 } };
    const hosts = [
      await startHost({ name: 'a', ...settings }),
      await startHost({ name: 'b', ...settings }),
    ] as const;
    const [a, b] = hosts;
    const stayers = await everywhere(hosts, 'stayer', ['busy']);
    const wanderers = await everywhere(hosts, 'wanderer', ['busy']);
    const to = [{ group: 'busy' }, { user: 'wanderer' }, { all: true }] as const;
    await untilShown([...stayers, ...wanderers], await sayAll(a, 1, ...to));
    for (const reader of wanderers) reader.cut();
    // More than nodes remember themselves.
    const busy = await sayAll(a, 100, { group: 'busy' });
    const quiet = await sayAll(b, 2, { user: 'wanderer' }, { all: true });
    await Promise.all(wanderers.map((reader) => reader.resume()));
    await untilTold(wanderers, ['group:busy']);
    await untilShown(wanderers, quiet);
    for (const reader of wanderers) reader.cut();
    await Promise.all(wanderers.map((reader) => reader.resume()));
    const later = await sayAll(b, 2, ...to);
    await untilShown(wanderers, later);
    await untilShown(stayers, [...busy, ...quiet, ...later]);
    await untilTold(wanderers, ['group:busy']);
    expectUntouched(stayers);
  });

  test('before a node looked that had heard nothing of it: its clients are told once for all channels, and only who follows them', async () => {
    const { redis } = await redisFor(volatile);
    const deaf = await redisFor(volatile);
    const settings = {
      storeUrl: redis.url,
      retention: { maxCount: 20 },
      positionCheckMs: 3_600_000,
    };
    const a = await startHost({ name: 'a', ...settings });
    const b = await startHost({ name: 'b', ...settings, brokerUrl: deaf.redis.url });
    const groups = ['busy-1', 'busy-2', 'busy-3', 'calm'];
    const losers = await everywhere([b], 'loser', groups);
    const others = await everywhere([b], 'other', ['calm']);
    await sayAll(a, 30, ...groups.slice(0, 3).map((group) => ({ group })));
    const calm = await sayAll(a, 2, { group: 'calm' }, { user: 'loser' }, { user: 'other' });
    // An interrupted link makes a node look.
    await deaf.admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await untilTold(losers, ['group:busy-1', 'group:busy-2', 'group:busy-3']);
    await untilShown([...losers, ...others], calm);
    expectUntouched(others);
    const later = await sayAll(b, 2, ...groups.map((group) => ({ group })));
    await untilShown([...losers, ...others], later);
    await untilTold(losers, ['group:busy-1', 'group:busy-2', 'group:busy-3']);
  });
});

describe('FLUSHALL under connected clients', () => {
  const start = async () => {
    const { redis, admin } = await redisFor(volatile);
    const settings = { storeUrl: redis.url, positionCheckMs: 1_000 };
    const hosts = [
      await startHost({ name: 'a', ...settings }),
      await startHost({ name: 'b', ...settings }),
    ] as const;
    const full = await everywhere(hosts, 'full', ['g1', 'g2', 'unused']);
    const empty = await everywhere(hosts, 'empty', ['unused']);
    const away = await everywhere(hosts, 'full', ['g1']);
    const to = [{ user: 'full' }, { group: 'g1' }, { group: 'g2' }] as const;
    await untilShown([...full, ...away], await sayAll(hosts[0], 3, ...to));
    for (const reader of away) reader.cut();
    return { admin, hosts, full, empty, away, to };
  };

  test('who had history is told once, with all channels in one; who had none notices nothing; what is accepted then arrives', async () => {
    const { admin, hosts, full, empty, away, to } = await start();
    await admin.flushall();
    await untilTold(full, ['group:g1', 'group:g2', 'user:full']);
    await Promise.all(away.map((reader) => reader.resume()));
    await untilTold(away, ['group:g1', 'user:full']);
    const later = [
      ...(await sayAll(hosts[0], 2, ...to, { group: 'unused' }, { all: true })),
      ...(await sayAll(hosts[1], 2, ...to, { group: 'unused' }, { user: 'empty' })),
    ];
    await untilShown([...full, ...away, ...empty], later);
    await untilTold(full, ['group:g1', 'group:g2', 'user:full']);
    await untilTold(away, ['group:g1', 'user:full']);
    expectUntouched(empty);
  });

  test('what is accepted before anybody has found the loss is shown, or told of', async () => {
    const { admin, hosts, full, empty, to } = await start();
    await admin.flushall();
    const early = await sayAll(hosts[1], 5, ...to, { group: 'unused' }, { all: true });
    await untilAccountedFor([...full, ...empty], early);
    await untilTold(full, ['group:g1', 'group:g2', 'user:full']);
    const later = await sayAll(hosts[0], 5, ...to, { group: 'unused' }, { all: true });
    await untilShown([...full, ...empty], later);
    await untilTold(full, ['group:g1', 'group:g2', 'user:full']);
    expectUntouched(empty);
  });
});

describe('Redis started again from an older snapshot', () => {
  const start = async () => {
    const { redis, admin } = await redisFor(volatile);
    const settings = { storeUrl: redis.url, positionCheckMs: 2_000 };
    const hosts = [
      await startHost({ name: 'a', ...settings }),
      await startHost({ name: 'b', ...settings }),
    ] as const;
    const losers = await everywhere(hosts, 'loser', ['busy', 'calm']);
    const others = await everywhere(hosts, 'other', ['calm']);
    const away = await everywhere(hosts, 'loser', ['busy', 'calm']);
    const old = await sayAll(
      hosts[0],
      3,
      ...[{ group: 'busy' }, { group: 'calm' }, { user: 'loser' }, { user: 'other' }],
      { all: true },
    );
    await untilShown([...losers, ...others, ...away], old);
    await admin.save();
    const to = [{ group: 'busy' }, { user: 'loser' }] as const;
    await untilShown([...losers, ...away], await sayAll(hosts[1], 4, ...to));
    for (const reader of away) reader.cut();
    return { redis, hosts, losers, others, away, to };
  };

  test('who had seen more is told once, who had not notices nothing; what is accepted then arrives', async () => {
    const { redis, hosts, losers, others, away, to } = await start();
    await redis.kill9();
    await redis.restart();
    await untilTold(losers, ['group:busy', 'user:loser']);
    await Promise.all(away.map((reader) => reader.resume()));
    await untilTold(away, ['group:busy', 'user:loser']);
    const later = [
      ...(await sayAll(hosts[0], 2, ...to, { group: 'calm' }, { user: 'other' })),
      ...(await sayAll(hosts[1], 2, ...to, { group: 'calm' }, { all: true })),
    ];
    await untilShown([...losers, ...others, ...away], later);
    await untilTold([...losers, ...away], ['group:busy', 'user:loser']);
    expectUntouched(others);
  });

  test('under traffic that goes on: nobody is shown the new in place of the lost without being told', async () => {
    const { redis, hosts, losers, others, to } = await start();
    let stopped = false;
    const afterwards: Placed[] = [];
    let restarted = false;
    const publish = async (host: Host, index: number): Promise<void> => {
      for (let n = 0; !stopped; n += 1) {
        const key = `${index}-${n}`;
        const after = restarted;
        const audience = to[(n + index) % to.length] ?? to[0];
        const result = await sayUntilAccepted(host, audience, key);
        if (after) afterwards.push(result);
      }
    };
    const publishers = Array.from({ length: 8 }, (_, index) =>
      publish(hosts[index % 2 === 0 ? 0 : 1], index),
    );
    await redis.kill9();
    await redis.restart();
    restarted = true;
    await eventually('publishers are heard again', () => afterwards.length > 200);
    stopped = true;
    await Promise.all(publishers);
    await untilAccountedFor(losers, afterwards);
    await untilTold(losers, ['group:busy', 'user:loser']);
    expectUntouched(others);
  });
});

async function sayUntilAccepted(host: Host, to: Parameters<Host['say']>[0], key: string) {
  for (;;) {
    try {
      return await host.say(to, key, key);
    } catch {
      await delay(5);
    }
  }
}
