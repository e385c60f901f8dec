import { expect, test } from 'vitest';
import { FeedTable } from '../feeds/feed-table.js';
import { StoreReads } from '../feeds/store-reads.js';
import { Backlog } from '../limits/backlog.js';
import { LimitCounters } from '../limits/counters.js';
import { memoryStore } from '../memory/memory-store.js';
import { silentLogger } from '../ports/logger.js';
import { feedContext, RecordingFollower } from '../test-doubles/feed-parts.js';
import { RecordingBroker } from '../test-doubles/recording-broker.js';
import { RecordingOutlet } from '../test-doubles/recording-outlet.js';
import { Emitter } from './emitter.js';
import { EmitterRegistry } from './emitter-registry.js';
import { Flusher } from './flusher.js';

function parts() {
  const store = memoryStore();
  const feeds = new FeedTable({
    ...feedContext(store),
    broker: new RecordingBroker(),
    feedGraceMs: 1_000,
    positionCheckMs: 1_000,
    controlChannel: 'control',
    awake: () => {},
  });
  const registry = new EmitterRegistry(feeds);
  const emitter = (userId: string | null) =>
    new Emitter({ userId }, new RecordingOutlet(), {
      flusher: new Flusher(),
      reads: new StoreReads(store, { pageItems: 10, pageBytes: 10_000 }),
      logger: silentLogger,
      backlog: new Backlog(1_000, () => {}),
      counters: new LimitCounters(),
      maxBufferedBytes: 1_000,
      detached: (each) => registry.remove(each),
    });
  return { registry, feeds, emitter };
}

test('emitters are found by user, each user with all of its own', () => {
  const { registry, emitter } = parts();
  const [one, two, other] = [emitter('1'), emitter('1'), emitter('2')];
  for (const each of [one, two, other]) registry.add(each);
  expect(registry.ofUser('1')).toEqual([one, two]);
  expect(registry.ofUser('2')).toEqual([other]);
  expect(registry.ofUser('3')).toEqual([]);
  expect(registry.all()).toEqual([one, two, other]);
  expect([registry.size, registry.userCount]).toEqual([3, 2]);
});

test('G9 a user whose last emitter is gone is forgotten', () => {
  const { registry, emitter } = parts();
  const [one, two] = [emitter('1'), emitter('1')];
  for (const each of [one, two]) registry.add(each);
  one.gone();
  expect([registry.size, registry.userCount]).toEqual([1, 1]);
  expect(registry.ofUser('1')).toEqual([two]);
  two.close({ code: 'CLOSED', returnMs: 1 });
  registry.remove(two);
  expect([registry.size, registry.userCount]).toEqual([0, 0]);
});

test('anonymous emitters belong to no user', () => {
  const { registry, emitter } = parts();
  const nobody = emitter(null);
  registry.add(nobody);
  expect([registry.size, registry.userCount]).toEqual([1, 0]);
  registry.remove(nobody);
  expect(registry.size).toBe(0);
});

test('emitters are found by channel: those that are live in it, and nothing else that follows', async () => {
  const { registry, feeds, emitter } = parts();
  const live = emitter('1');
  registry.add(live);
  const feed = await feeds.acquire('group:a');
  live.follow(feed, { position: feed.position, recovered: true });
  feed.join(new RecordingFollower());
  expect(registry.ofChannel('group:a')).toEqual([live]);
  expect(registry.ofChannel('group:b')).toEqual([]);
  live.unfollow('group:a');
  expect(registry.ofChannel('group:a')).toEqual([]);
});

test('the streams of a user are counted, none twice', () => {
  const { registry, emitter } = parts();
  const all = [emitter('1'), emitter('1'), emitter('1')];
  expect(registry.countOf('1')).toBe(0);
  const counts = all.map((each) => {
    registry.add(each);
    return registry.countOf('1');
  });
  expect(counts).toEqual([1, 2, 3]);
  expect([...registry]).toEqual(all);
  for (const each of [...all, ...all]) registry.remove(each);
  expect([registry.countOf('1'), registry.userCount]).toEqual([0, 0]);
});

test('the lists are copies: closing all of a user while walking them misses none', () => {
  const { registry, emitter } = parts();
  for (let n = 0; n < 5; n += 1) registry.add(emitter('1'));
  for (const each of registry.ofUser('1')) each.close({ code: 'CLOSED', returnMs: 1 });
  expect(registry.size).toBe(0);
});
