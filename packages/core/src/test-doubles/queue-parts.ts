import { ChannelNames } from '../channels/channel-names.js';
import { NotifyError } from '../errors/notify-error.js';
import { FeedTable } from '../feeds/feed-table.js';
import { LimitCounters } from '../limits/counters.js';
import { memoryStore } from '../memory/memory-store.js';
import { BufferedPublisher } from '../notifier/buffered-publisher.js';
import { PublishQueue } from '../notifier/publish-queue.js';
import { Publisher } from '../notifier/publisher.js';
import { RecipientCheck, type UnknownRecipients } from '../notifier/recipient-check.js';
import { StoreBreaker, type StoreState } from '../notifier/store-breaker.js';
import { StoreQueue, type StoreQueueLimits, type Undelivered } from '../notifier/store-queue.js';
import { feedContext } from './feed-parts.js';
import { type Gate, gate } from './gate.js';
import { testCatalogue } from './notifier-parts.js';
import { ObservedStore } from './observed-store.js';
import { RecordingBroker } from './recording-broker.js';
import { RecordingLogger } from './recording-logger.js';

const defaults: StoreQueueLimits = {
  whenStoreDown: 'reject',
  maxEnqueued: 1_000,
  maxEnqueuedBytes: 1_000_000,
  enqueueConcurrency: 8,
  enqueuePatienceMs: 30_000,
  maxUnstored: 1_000,
  maxUnstoredBytes: 1_000_000,
  unstoredPatienceMs: 240_000,
};

/** A queue over a real publisher; what it tells is kept. */
export function queueParts(
  fields: Partial<StoreQueueLimits> & { readonly unknownRecipients?: UnknownRecipients } = {},
) {
  const { unknownRecipients, ...limits } = fields;
  const store = new ObservedStore(memoryStore());
  const broker = new RecordingBroker();
  const logger = new RecordingLogger();
  const counters = new LimitCounters();
  const bounds = { maxQueued: 1_000, maxQueuedBytes: 1_000_000, maxBatch: 100, patienceMs: 1_000 };
  const feeds = new FeedTable({
    ...feedContext(store),
    broker,
    feedGraceMs: 1_000,
    positionCheckMs: 1_000,
    controlChannel: 'control',
    awake: () => {},
  });
  const states: StoreState['state'][] = [];
  const breaker = new StoreBreaker({
    appender: store,
    store,
    logger,
    probedChannel: 'all',
    told: ({ state }) => states.push(state),
  });
  const sender = new Publisher({
    catalogue: testCatalogue,
    channelNames: new ChannelNames(),
    appender: breaker,
    feeds,
    queue: new PublishQueue(broker, bounds, counters, () => {}),
    recipients: unknownRecipients && new RecipientCheck(unknownRecipients, 1_000),
    counters,
    maxDataBytes: 1_000,
    maxUsers: 100,
  });
  const notified: string[] = [];
  const undelivered: Undelivered[] = [];
  const settings = { ...defaults, ...limits };
  const queue = new StoreQueue({
    ...settings,
    publisher: sender,
    breaker,
    counters,
    logger,
    notified: (_, { id }) => notified.push(id),
    undelivered: (each) => undelivered.push(each),
  });
  const publisher = new BufferedPublisher({
    ...settings,
    publisher: sender,
    queue,
    breaker,
    writeBack: undefined,
  });
  /** Enqueues number `n` for these users. */
  const add = (n: number, ...users: readonly string[]) =>
    queue.enqueue({ to: { users }, type: 'message', data: { n } });
  /** The numbers that a channel's log holds. */
  const log = async (user: string) => {
    const [page] = await store.readAfter([{ channel: `user:${user}`, after: 0, limit: 1_000 }]);
    return (page?.items ?? []).map(({ dataJson }) => JSON.parse(dataJson).n);
  };
  const published = () => broker.published.flat();
  const parts = { store, broker, logger, counters, feeds, breaker, queue, publisher };
  return { ...parts, states, notified, undelivered, add, log, published };
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
