import { ChannelNames } from '../channels/channel-names.js';
import { NotifyError } from '../errors/notify-error.js';
import { FeedTable } from '../feeds/feed-table.js';
import { LimitCounters } from '../limits/counters.js';
import { memoryStore } from '../memory/memory-store.js';
import { type EnqueueLimits, EnqueuePool, type Undelivered } from '../notifier/enqueue-pool.js';
import { PublishQueue } from '../notifier/publish-queue.js';
import { Publisher } from '../notifier/publisher.js';
import { RecipientCheck, type UnknownRecipients } from '../notifier/recipient-check.js';
import { feedContext } from './feed-parts.js';
import { type Gate, gate } from './gate.js';
import { testCatalogue } from './notifier-parts.js';
import { ObservedStore } from './observed-store.js';
import { RecordingBroker } from './recording-broker.js';
import { RecordingLogger } from './recording-logger.js';

const defaults: EnqueueLimits = {
  maxEnqueued: 1_000,
  maxEnqueuedBytes: 1_000_000,
  enqueueConcurrency: 8,
  enqueuePatienceMs: 30_000,
};

/** A pool over a real publisher; what it tells is kept. */
export function enqueueParts(
  fields: Partial<EnqueueLimits> & { readonly unknownRecipients?: UnknownRecipients } = {},
) {
  const { unknownRecipients, ...limits } = fields;
  const store = new ObservedStore(memoryStore());
  const broker = new RecordingBroker();
  const logger = new RecordingLogger();
  const counters = new LimitCounters();
  const bounds = { maxQueued: 1_000, maxQueuedBytes: 1_000_000, maxBatch: 100, patienceMs: 1_000 };
  const publisher = new Publisher({
    catalogue: testCatalogue,
    channelNames: new ChannelNames(),
    store,
    feeds: new FeedTable({
      ...feedContext(store),
      broker,
      feedGraceMs: 1_000,
      positionCheckMs: 1_000,
      controlChannel: 'control',
      awake: () => {},
    }),
    queue: new PublishQueue(broker, bounds, counters, () => {}),
    recipients: unknownRecipients && new RecipientCheck(unknownRecipients, 1_000),
    counters,
    maxDataBytes: 1_000,
    maxUsers: 100,
  });
  const notified: string[] = [];
  const undelivered: Undelivered[] = [];
  const pool = new EnqueuePool({
    ...defaults,
    ...limits,
    publisher,
    counters,
    logger,
    notified: (_, { id }) => notified.push(id),
    undelivered: (each) => undelivered.push(each),
  });
  /** Enqueues number `n` for these users. */
  const add = (n: number, ...users: readonly string[]) =>
    pool.add({ to: { users }, type: 'message', data: { n } });
  /** The numbers that a channel's log holds. */
  const log = async (user: string) => {
    const [page] = await store.readAfter([{ channel: `user:${user}`, after: 0, limit: 1_000 }]);
    return (page?.items ?? []).map(({ dataJson }) => JSON.parse(dataJson).n);
  };
  const published = () => broker.published.flat();
  return { store, broker, logger, counters, pool, notified, undelivered, add, log, published };
}

/** Makes each append wait for the function that is returned to be called. */
export function heldAppends(store: ObservedStore): () => void {
  const gates: Gate[] = [];
  store.before.set('append', () => {
    const next = gate();
    gates.push(next);
    return next.passed;
  });
  return () => gates.shift()?.open();
}

/** Has the next appends fail, before or after they are done. */
export function failAppends(store: ObservedStore, when: 'before' | 'after', times: number): void {
  let left = times;
  store[when].set('append', async () => {
    left -= 1;
    if (left >= 0) throw new NotifyError('STORE_UNAVAILABLE', 'the answer did not come');
  });
}
