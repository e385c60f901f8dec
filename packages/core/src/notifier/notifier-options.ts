import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Catalogue, CatalogueSchemas } from '../catalogue/catalogue.js';
import type { ChannelNamesOptions } from '../channels/channel-names.js';
import type { Broker } from '../ports/broker.js';
import type { Logger } from '../ports/logger.js';
import type { Store } from '../ports/store.js';

const count = (value: number) => z.int().min(1).default(value);
/** So many of the longest positions fit into the 2,048 characters of a cursor. */
const mostChannels = 34;
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
  maxQueuedEnvelopes: count(100_000),
  publishWaitMs: ms(1_000),
  reorderMs: ms(20),
  ringCount: count(64),
  ringBytes: count(256 * 1024),
  pageItems: count(100),
  feedGraceMs: ms(5_000),
  positionCheckMs: ms(10_000),
  drainWindowMs: z.number().min(0).default(1_000),
});

/** What {@link createNotifier} takes. Unknown names are errors. */
export interface NotifierOptions<Schemas extends CatalogueSchemas> {
  /** The notification types; made by `defineCatalogue`. */
  readonly catalogue: Catalogue<Schemas>;
  /** Default: a memory store, for a single node. */
  readonly store?: Store | undefined;
  /** Default: a memory broker, for a single node. A remote one needs a shared store. */
  readonly broker?: Broker | undefined;
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
  /** Limit of channels that one stream follows, 32; at most 34, so that a cursor holds them. */
  readonly maxChannelsPerEmitter?: number | undefined;
  /** Backlog at which a client that takes too little is closed, 1 MiB. */
  readonly maxBufferedBytes?: number | undefined;
  /** Envelopes that wait for the broker at most, 100,000; more are left to the store. */
  readonly maxQueuedEnvelopes?: number | undefined;
  /** How long `notify` waits for the broker's word at most, 1,000; `published` is false after that. */
  readonly publishWaitMs?: number | undefined;
  /** How long a hole waits for a late envelope before the store is read, 20. */
  readonly reorderMs?: number | undefined;
  /** Recent notifications kept per followed channel, 64, */
  readonly ringCount?: number | undefined;
  /** and the bytes of data that they take at most, 256 KiB. */
  readonly ringBytes?: number | undefined;
  /** Notifications read from the store at once, 100. */
  readonly pageItems?: number | undefined;
  /** How long a channel without streams stays subscribed, 5,000. */
  readonly feedGraceMs?: number | undefined;
  /** Longest period of the comparison with the store, which finds lost wake-ups, 10,000. */
  readonly positionCheckMs?: number | undefined;
  /** Over how long `drain` spreads its closes, 1,000. */
  readonly drainWindowMs?: number | undefined;
}
