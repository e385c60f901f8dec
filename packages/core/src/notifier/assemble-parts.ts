import { z } from 'zod';
import type { CatalogueSchemas } from '../catalogue/catalogue.js';
import { ChannelNames } from '../channels/channel-names.js';
import { Control } from '../control/control.js';
import type { CloseReason } from '../emitters/close-reason.js';
import { Deadlines } from '../emitters/deadlines.js';
import type { Emitter } from '../emitters/emitter.js';
import { EmitterRegistry } from '../emitters/emitter-registry.js';
import { Flusher } from '../emitters/flusher.js';
import { NotifyError } from '../errors/notify-error.js';
import {
  assembleEscalation,
  type Escalation,
  type EscalationContext,
} from '../escalation/escalation.js';
import { FeedTable } from '../feeds/feed-table.js';
import { StoreReads } from '../feeds/store-reads.js';
import { inboxesOf, seenIn } from '../inbox/assemble-inboxes.js';
import type { InboxChanges } from '../inbox/inbox-changes.js';
import { Backlog } from '../limits/backlog.js';
import { Connections } from '../limits/connections.js';
import { LimitCounters } from '../limits/counters.js';
import { calmLogger } from '../log/calm-logger.js';
import { memoryBroker } from '../memory/memory-broker.js';
import { memoryDirectory } from '../memory/memory-directory.js';
import { memoryStore } from '../memory/memory-store.js';
import { resolveOptions } from '../options/resolve-options.js';
import { OutboxRelay } from '../outbox/outbox-relay.js';
import { OutboxWriter } from '../outbox/outbox-writer.js';
import { ShownDrafts } from '../outbox/shown-drafts.js';
import type { Broker } from '../ports/broker.js';
import type { Directory } from '../ports/directory.js';
import { type Logger, silentLogger } from '../ports/logger.js';
import type { Store } from '../ports/store.js';
import { Presence } from '../routing/presence.js';
import { Routing } from '../routing/routing.js';
import { WriteBack } from '../write-back/write-back.js';
import { Attacher } from './attach.js';
import { BufferedPublisher } from './buffered-publisher.js';
import { FlooredAppender } from './floored-appender.js';
import { History } from './history.js';
import { limitsSchema, type NotifierOptions } from './notifier-options.js';
import { PublishQueue } from './publish-queue.js';
import { Publisher } from './publisher.js';
import { RecipientCheck } from './recipient-check.js';
import { StoreBreaker, type StoreState } from './store-breaker.js';
import { StoreQueue, type StoreQueueContext } from './store-queue.js';

/** Envelopes handed to the broker in one call at most: others have their turn between two calls. */
const maxBatch = 200;

/** What a notifier consists of. */
export interface NotifierParts {
  readonly nodeId: string;
  readonly drainGraceMs: number;
  readonly drainWindowMs: number;
  readonly deafAfterMs?: number | undefined;
  readonly publishOnly: boolean;
  readonly broker: Broker;
  readonly directory: Directory | undefined;
  readonly presence: Presence;
  readonly store: Store;
  readonly logger: Logger;
  readonly channelNames: ChannelNames;
  readonly feeds: FeedTable;
  readonly emitters: EmitterRegistry;
  readonly deadlines: Deadlines;
  readonly connections: Connections;
  readonly counters: LimitCounters;
  readonly control: Control;
  readonly attacher: Attacher;
  readonly queue: PublishQueue;
  readonly recipients: RecipientCheck | undefined;
  readonly breaker: StoreBreaker;
  readonly storeQueue: StoreQueue;
  readonly publisher: BufferedPublisher;
  readonly outboxWriter: OutboxWriter;
  /** Undefined where there is no outbox, or others relay it. */
  readonly relay: OutboxRelay | undefined;
  /** Undefined where there is no log. */
  readonly writeBack: WriteBack | undefined;
  readonly history: History;
  /** Absent where users have no inbox. */
  readonly inboxes: InboxChanges | undefined;
  /** Absent where nothing is escalated. */
  readonly escalation: Escalation | undefined;
}

/** Whom the parts tell. */
export interface PartsHeard
  extends Pick<StoreQueueContext, 'notified' | 'undelivered'>,
    Pick<EscalationContext, 'unescalated'> {
  /** A stream has ended and its channels are given back. */
  ended(emitter: Emitter, reason: CloseReason | undefined): void;
  /** The store went down, or is up again. */
  storeChanged(state: StoreState): void;
}

/**
 * Checks the options and joins the parts. Nothing is connected and no timer runs yet.
 * @throws NotifyError `OPTIONS_INVALID`, `STORE_NOT_SHARED` or `DIRECTORY_MISSING`
 */
export function assembleParts<Schemas extends CatalogueSchemas>(
  options: NotifierOptions<Schemas>,
  heard: PartsHeard,
): NotifierParts {
  const { catalogue, logger: given = silentLogger, channelNames: naming, ...others } = options;
  const logger = calmLogger(given);
  const { store = memoryStore(), broker = memoryBroker(), ...further } = others;
  const {
    directory: givenDirectory,
    writeBack: log,
    unknownRecipients,
    inbox,
    escalation: escalating,
    ...rest
  } = further;
  const limits = resolveOptions(limitsSchema, rest, 'createNotifier');
  resolveOptions(handedInSchema, { catalogue, unknownRecipients }, 'createNotifier');
  if (broker.capabilities.remote && !store.shared) {
    throw new NotifyError(
      'STORE_NOT_SHARED',
      'a broker that joins nodes needs a store that they share, or two nodes count offsets apart',
    );
  }
  const directory = directoryFor(broker, givenDirectory);
  const channelNames = new ChannelNames(naming);
  const reads = new StoreReads(store, limits);
  const counters = new LimitCounters();
  const ports = { store, broker, directory };
  const common = { ...limits, ...ports, logger, reads, channelNames, counters };
  const routing = new Routing(common);
  const feeds = new FeedTable({
    ...common,
    broker: routing,
    maxHeld: limits.ringCount * 16,
    controlChannel: channelNames.control,
    awake: () => control.noticePause(),
  });
  const emitters = new EmitterRegistry(feeds);
  const deadlines = new Deadlines(() => emitters);
  const queue = new PublishQueue(
    routing,
    {
      maxQueued: limits.maxQueuedEnvelopes,
      maxQueuedBytes: limits.maxQueuedEnvelopeBytes,
      maxBatch,
      patienceMs: limits.publishWaitMs,
    },
    counters,
    (error, count) => logger.debug({ err: error, count }, 'envelopes were not published'),
  );
  const appender = new FlooredAppender(store, feeds);
  const control: Control = new Control({
    ...common,
    store: appender,
    channel: channelNames.control,
    feeds,
    queue,
    registry: emitters,
    remote: broker.capabilities.remote,
  });
  const inboxes =
    inbox &&
    inboxesOf(inbox, {
      ...common,
      feeds,
      queue,
      // Not before anybody uses an inbox is the breaker asked.
      appender: { append: (drafts) => breaker.append(drafts) },
    });
  const attacher: Attacher = new Attacher({
    ...common,
    feeds,
    control,
    inboxes,
    registry: emitters,
    emitterContext: {
      ...common,
      flusher: new Flusher(),
      backlog: new Backlog(limits.maxNodeBufferedBytes, () =>
        counters.count('bufferedBytesPerNode'),
      ),
      detached: (emitter, left, reason) => {
        attacher.detached(emitter, left);
        heard.ended(emitter, reason);
      },
    },
  });
  const recipients =
    unknownRecipients && new RecipientCheck(unknownRecipients, limits.recipientsWaitMs);
  const presence = new Presence(common);
  const escalation =
    escalating &&
    assembleEscalation(escalating, {
      ...common,
      ...heard,
      types: catalogue.types,
      appender,
      presence,
      inboxSeen: inboxes && ((userId, ids) => seenIn(inboxes, common, userId, ids)),
    });
  const breaker: StoreBreaker = new StoreBreaker({
    ...common,
    appender: escalation?.appender ?? appender,
    probedChannel: channelNames.all,
    told: (state) => heard.storeChanged(state),
  });
  const sender = new Publisher({
    ...common,
    catalogue,
    feeds,
    queue,
    recipients,
    appender: breaker,
  });
  const shown = new ShownDrafts({ ...common, ...heard, feeds, queue });
  const writeBack = log && new WriteBack({ ...common, log, breaker, shown });
  if (limits.whenStoreDown === 'log' && writeBack === undefined) {
    const message = "createNotifier: writeBack: needed for whenStoreDown 'log'";
    throw new NotifyError('OPTIONS_INVALID', message);
  }
  const storeQueue = new StoreQueue({ ...common, ...heard, publisher: sender, breaker });
  const publisher = new BufferedPublisher({
    ...common,
    publisher: sender,
    queue: storeQueue,
    breaker,
    writeBack,
  });
  const { outbox } = store;
  const relay =
    limits.relay && outbox !== undefined
      ? new OutboxRelay({ ...common, outbox, breaker, shown, appender })
      : undefined;
  const wrote = (): void => relay?.nudge();
  const outboxWriter = new OutboxWriter({
    publisher: sender,
    outbox,
    wrote,
    escalation: escalation?.appender,
  });
  const history = new History(store, channelNames, counters);
  const connections = new Connections(limits, counters);
  const clients = { emitters, deadlines, connections, control, attacher };
  const publishing = { queue, recipients, breaker, storeQueue, publisher, outboxWriter };
  return {
    ...common,
    ...clients,
    ...publishing,
    relay,
    writeBack,
    feeds,
    presence,
    history,
    inboxes,
    escalation,
  };
}

/** @throws NotifyError `DIRECTORY_MISSING` or `OPTIONS_INVALID` */
function directoryFor(
  { capabilities, publishTo }: Broker,
  given: Directory | undefined,
): Directory | undefined {
  const { directed = false, remote } = capabilities;
  if (directed !== (publishTo !== undefined)) {
    throw new NotifyError('OPTIONS_INVALID', 'a broker is directed where it has `publishTo`');
  }
  if (directed && given === undefined) {
    throw new NotifyError(
      'DIRECTORY_MISSING',
      'a broker that sends to named nodes needs a directory that names them',
    );
  }
  return given ?? (remote ? undefined : memoryDirectory());
}

/** What an untyped caller may get wrong, found before its first `notify`. */
const handedInSchema = z.object({
  catalogue: z.custom(
    (value) => typeof value === 'object' && value !== null && 'encode' in value,
    'made by defineCatalogue',
  ),
  unknownRecipients: z.custom((value) => typeof value === 'function', 'a function').optional(),
});
