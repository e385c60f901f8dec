import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Catalogue, CatalogueSchemas } from '../catalogue/catalogue.js';
import type { ChannelNamesOptions } from '../channels/channel-names.js';
import type { EscalationOptions } from '../escalation/escalation-options.js';
import type { InboxOptions } from '../inbox/inbox-options.js';
import type { Broker } from '../ports/broker.js';
import type { Directory } from '../ports/directory.js';
import type { Logger } from '../ports/logger.js';
import type { Store } from '../ports/store.js';
import type { WriteBackLog } from '../ports/write-back-log.js';
import type { WhenStoreDown } from './notify-request.js';
import type { UnknownRecipients } from './recipient-check.js';

const count = (value: number) => z.int().min(1).default(value);
/** So many of the longest positions fit into the 2,048 characters of a cursor. */
export const mostChannels = 34;
const ms = (value: number) => z.number().min(1).default(value);

/** The options that are plain values, with their defaults. */
export const limitsSchema = z.strictObject({
  nodeId: z
    .string()
    .regex(/^[\w.:-]{1,100}$/)
    .default(() => randomUUID()),
  maxDataBytes: count(64 * 1024),
  maxUsers: count(10_000),
  maxChannelsPerEmitter: z.int().min(1).max(mostChannels).default(32),
  maxBufferedBytes: count(1024 * 1024),
  maxNodeBufferedBytes: count(256 * 1024 * 1024),
  maxConnections: count(50_000),
  maxConnectionsPerUser: count(100),
  maxConnectionsPerIp: count(10_000),
  maxConnectsPerSecond: count(2_000),
  maxConnectsPerSecondPerIp: count(1_000),
  publishOnly: z.boolean().default(false),
  recipientsWaitMs: ms(5_000),
  maxEnqueued: count(10_000),
  maxEnqueuedBytes: count(64 * 1024 * 1024),
  enqueueConcurrency: count(64),
  enqueuePatienceMs: ms(30_000),
  whenStoreDown: z.enum(['reject', 'buffer', 'log']).default('reject'),
  maxUnstored: count(10_000),
  maxUnstoredBytes: count(64 * 1024 * 1024),
  unstoredPatienceMs: ms(240_000),
  maxQueuedEnvelopes: count(100_000),
  maxQueuedEnvelopeBytes: count(64 * 1024 * 1024),
  publishWaitMs: ms(1_000),
  relay: z.boolean().default(true),
  outboxPollMs: ms(1_000),
  reorderMs: ms(20),
  ringCount: count(64),
  ringBytes: count(256 * 1024),
  pageItems: count(100),
  pageBytes: count(512 * 1024),
  feedGraceMs: ms(5_000),
  positionCheckMs: ms(10_000),
  drainGraceMs: z.number().min(0).default(0),
  drainWindowMs: z.number().min(0).default(10_000),
  deafAfterMs: z.number().min(0).optional(),
  beaconMs: ms(5_000),
  revokeWaitMs: ms(20_000),
  maxRevocations: count(10_000),
});

/** What {@link createNotifier} takes. Unknown names are errors. */
export interface NotifierOptions<Schemas extends CatalogueSchemas> {
  /** The notification types; made by `defineCatalogue`. */
  readonly catalogue: Catalogue<Schemas>;
  /**
   * Tells users in another way of what they did not look at. Needs a store with `dueWork`, and `inbox` or `hasSeen`.
   * Default: nothing of the kind.
   */
  readonly escalation?: EscalationOptions<NoInfer<Schemas>> | undefined;
  /** Default: a memory store, for a single node. */
  readonly store?: Store | undefined;
  /** Default: a memory broker, for a single node. A remote one needs a shared store. */
  readonly broker?: Broker | undefined;
  /**
   * Knows which users are online, and on which nodes. A broker that is `directed` needs one; with others it
   * serves `online`, `where` and the event `presence`. Default: a memory directory with the memory broker,
   * else none.
   */
  readonly directory?: Directory | undefined;
  /** Given, also as `{}`: users have an inbox. Default: none. */
  readonly inbox?: InboxOptions | undefined;
  /** Pino-shaped; silent by default. */
  readonly logger?: Logger | undefined;
  /** How channels are named; equal on all nodes. Defaults `user:`, `group:`, `all`. */
  readonly channelNames?: ChannelNamesOptions | undefined;
  /** 1 to 100 of `A-Z a-z 0-9 _ . : -`, unique among the nodes. Default a UUID. */
  readonly nodeId?: string | undefined;
  /** Limit of one notification's data as JSON, 64 KiB. */
  readonly maxDataBytes?: number | undefined;
  /** Limit of `to.users`, 10,000. */
  readonly maxUsers?: number | undefined;
  /**
   * Limit of channels that one stream follows, 32; at most 34, so that a cursor holds them. That of the inbox
   * is extra.
   */
  readonly maxChannelsPerEmitter?: number | undefined;
  /** Backlog at which a client that takes too little is closed, 1 MiB. */
  readonly maxBufferedBytes?: number | undefined;
  /** Backlog of all clients of this node at which the slowest are closed, 256 MiB. */
  readonly maxNodeBufferedBytes?: number | undefined;
  /** Limit of streams on this node, 50,000; */
  readonly maxConnections?: number | undefined;
  /** of one user, 100; */
  readonly maxConnectionsPerUser?: number | undefined;
  /** of one client address, 10,000. Behind a proxy give the transports `clientIp`. */
  readonly maxConnectionsPerIp?: number | undefined;
  /** Limit of new streams per second on this node, 2,000; five seconds may come at once; */
  readonly maxConnectsPerSecond?: number | undefined;
  /** and from one client address, 1,000. */
  readonly maxConnectsPerSecondPerIp?: number | undefined;
  /**
   * The node only publishes, as a batch job does: it receives nothing, holds no streams and runs no
   * timers for them; `attach` rejects with `PUBLISH_ONLY`. Default false.
   */
  readonly publishOnly?: boolean | undefined;
  /**
   * Asked before a notification to `{user}` or `{users}` is stored. Where it names a user, `notify`
   * rejects with `RECIPIENT_UNKNOWN` and nothing is sent to anybody. Default: every user exists.
   */
  readonly unknownRecipients?: UnknownRecipients | undefined;
  /** How long `unknownRecipients` may take, 5,000; then it is `RECIPIENTS_UNCHECKED`. */
  readonly recipientsWaitMs?: number | undefined;
  /** Notifications of `enqueue` that are not stored yet, 10,000, */
  readonly maxEnqueued?: number | undefined;
  /** and the bytes of data and channels that they hold at most, 64 MiB. */
  readonly maxEnqueuedBytes?: number | undefined;
  /** Notifications of `enqueue` handed to the store at the same time, 64. */
  readonly enqueueConcurrency?: number | undefined;
  /**
   * How long `enqueue` tries again what fails for the moment, 30,000. Keep it below the store's
   * idempotency window, or a retry may store twice.
   */
  readonly enqueuePatienceMs?: number | undefined;
  /**
   * What `notify` does while the store is down: `reject` (the default) rejects with `STORE_UNAVAILABLE`;
   * `buffer` keeps the notification in memory, resolves with `buffered`, shows it to connected clients
   * that know it again by its id, and stores it when the store is back, once and in order. Each
   * notification then has an idempotency entry in the store. `log` does the same through `writeBack`.
   */
  readonly whenStoreDown?: WhenStoreDown | undefined;
  /** Keeps what `whenStoreDown: 'log'` cannot store, outside of the store and of this process. Default: none. */
  readonly writeBack?: WriteBackLog | undefined;
  /** Notifications of `notify` that wait for a store that is down, 10,000, */
  readonly maxUnstored?: number | undefined;
  /** and the bytes of data and channels that they hold at most, 64 MiB; more is `LIMIT_EXCEEDED`. */
  readonly maxUnstoredBytes?: number | undefined;
  /**
   * How long they wait, 240,000; then it is `undelivered`. Keep it below the store's idempotency window,
   * or what the store took without its answer arriving may be stored twice.
   */
  readonly unstoredPatienceMs?: number | undefined;
  /** Envelopes that wait for the broker at most, 100,000, */
  readonly maxQueuedEnvelopes?: number | undefined;
  /** and the bytes of data that they hold, 64 MiB; more are left to the store. */
  readonly maxQueuedEnvelopeBytes?: number | undefined;
  /** How long `notify` waits for the broker's word at most, 1,000; `published` is false after that. */
  readonly publishWaitMs?: number | undefined;
  /**
   * This node appends and shows what transactions have put into the store's outbox and committed, on
   * whichever node; also where it is `publishOnly`. Default true; at least one node must. Without an outbox
   * it means nothing.
   */
  readonly relay?: boolean | undefined;
  /** How often a relay looks into the outbox when nobody has told it of a commit, 1,000. */
  readonly outboxPollMs?: number | undefined;
  /** How long a hole waits for a late envelope before the store is read, 20. */
  readonly reorderMs?: number | undefined;
  /** Recent notifications kept per followed channel, 64, */
  readonly ringCount?: number | undefined;
  /** and the bytes of data that they take at most, 256 KiB. */
  readonly ringBytes?: number | undefined;
  /** Notifications read from the store at once, 100, */
  readonly pageItems?: number | undefined;
  /** and the bytes of their data, 512 KiB; at least one in any case. */
  readonly pageBytes?: number | undefined;
  /**
   * How long a channel without streams stays subscribed, and a user without streams online, 5,000; looked at
   * twice in that time.
   */
  readonly feedGraceMs?: number | undefined;
  /** Longest period of the comparison with the store, which finds lost wake-ups, 10,000. */
  readonly positionCheckMs?: number | undefined;
  /**
   * How long a node that drains serves as before while its readiness says no already, 0. Behind a balancer
   * that probes readiness: how long it takes to send nobody here any more.
   */
  readonly drainGraceMs?: number | undefined;
  /** Over how long `drain` spreads the closes of many streams, 10,000; up to 20 in a second close sooner. */
  readonly drainWindowMs?: number | undefined;
  /**
   * How long the broker's link may be down until this node asks to be taken out of the balancer: its
   * health is `deaf`, its readiness 503. Default: never, an outage of the broker must not take all nodes out.
   */
  readonly deafAfterMs?: number | undefined;
  /** How often a node tells the others that it lives, 5,000; silent for three times that it counts as gone. */
  readonly beaconMs?: number | undefined;
  /** How long `revoke` waits for all nodes, 20,000. */
  readonly revokeWaitMs?: number | undefined;
  /** Revocations that a node remembers, the newest 10,000. */
  readonly maxRevocations?: number | undefined;
}
