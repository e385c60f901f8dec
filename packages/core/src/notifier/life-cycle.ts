import { NotifyError } from '../errors/notify-error.js';
import type { BrokerSink, BrokerState } from '../ports/broker.js';
import type { DirectorySink, DirectoryState, PresenceChange } from '../ports/directory.js';
import { pause } from '../time/pause.js';
import type { NotifierParts } from './assemble-parts.js';
import { closeOverWindow } from './close-over-window.js';
import { type StopSource, stopSources } from './stop-sources.js';
import { UnderWay } from './under-way.js';

/** `draining` from the first moment of `drain` on, when everything is still served. */
export type Stage = 'created' | 'started' | 'draining' | 'closed';

/** Whom the life cycle tells. */
export interface LifeCycleHeard {
  /** Called whenever the broker reports its link. */
  brokerState(state: BrokerState): void;
  directoryState(state: DirectoryState): void;
  presence(change: PresenceChange): void;
  /** Everything is closed. */
  closed(): void;
}

/** How a notifier starts, is drained and closed, and what it refuses meanwhile. */
export class LifeCycle {
  readonly closed: Promise<void>;
  readonly #parts: NotifierParts;
  readonly #heard: LifeCycleHeard;
  readonly #ending = new AbortController();
  readonly #underWay = new UnderWay();
  readonly #sources = new Set<StopSource>();
  #starting: Promise<void> | undefined;
  #resolveClosed: () => void = () => {};
  #stage: Stage = 'created';
  #refusesStreams = false;
  #refusesWork = false;

  constructor(parts: NotifierParts, heard: LifeCycleHeard) {
    this.#parts = parts;
    this.#heard = heard;
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
  }

  get stage(): Stage {
    return this.#stage;
  }

  /** Whether a stream that opens now must be closed again. */
  get refusesStreams(): boolean {
    return this.#refusesStreams;
  }

  /** @throws NotifyError `NOT_STARTED` or `CLOSED` where no work is taken on */
  assertTakesWork(): void {
    if (this.#stage === 'created') {
      throw new NotifyError('NOT_STARTED', 'await `start` before using the notifier');
    }
    if (this.#refusesWork) throw goingAway();
  }

  /** @throws NotifyError `NOT_STARTED` or `CLOSED` where no stream may open */
  assertTakesStreams(): void {
    this.assertTakesWork();
    if (this.#refusesStreams) throw goingAway();
  }

  /** A drain waits for `work`. */
  track<Result>(work: Promise<Result>): Promise<Result> {
    return this.#underWay.track(work);
  }

  /** Has a drain stop this first; returns what takes that back. */
  onDrain(stop: StopSource): () => void {
    this.#sources.add(stop);
    return () => void this.#sources.delete(stop);
  }

  start(): Promise<void> {
    this.#starting ??= this.#start().finally(() => {
      this.#starting = undefined;
    });
    return this.#starting;
  }

  async #start(): Promise<void> {
    if (this.#stage === 'started') return;
    const { store, broker, directory, feeds, deadlines, control } = this.#parts;
    const { publishOnly, nodeId } = this.#parts;
    this.#assertNotEnding();
    await store.start();
    this.#assertNotEnding();
    await broker.start(this.#brokerSink(), { publishOnly, nodeId });
    this.#assertNotEnding();
    await directory?.start(nodeId, this.#directorySink(), { publishOnly });
    this.#assertNotEnding();
    if (!publishOnly) {
      feeds.start();
      deadlines.start();
      control.start();
      this.#parts.escalation?.runner.start();
    }
    this.#parts.relay?.start();
    await this.#parts.writeBack?.start();
    this.#assertNotEnding();
    this.#stage = 'started';
  }

  #brokerSink(): BrokerSink {
    const { feeds, logger } = this.#parts;
    return {
      receive: (envelopes) => feeds.offer(envelopes),
      resync: (reason, channels) => {
        logger.info({ reason }, 'envelopes may have been lost: feeds are compared with the store');
        feeds.resync(channels);
      },
      status: (state) => this.#heard.brokerState(state),
    };
  }

  #directorySink(): DirectorySink {
    const { feeds, channelNames, logger } = this.#parts;
    return {
      resync: (reason, userIds) => {
        logger.info(
          { reason, users: userIds.length },
          'users could not be found here for a while: their feeds are compared with the store',
        );
        feeds.resync(
          userIds.flatMap((userId) => [channelNames.user(userId), channelNames.inbox(userId)]),
        );
      },
      presence: (changes) => {
        for (const change of changes) this.#heard.presence(change);
      },
      status: (state) => this.#heard.directoryState(state),
    };
  }

  /**
   * Everybody is served for the grace, while the balancer finds out; the sources stop meanwhile. Then
   * streams are told to go, over their window, while what was accepted is finished: an outage of the store
   * holds up only what waits for the store. Who has gone is shown the rest elsewhere, from the store.
   */
  async drain(): Promise<void> {
    if (this.#stage === 'draining' || this.#stage === 'closed') return this.closed;
    const { drainGraceMs, publishOnly, logger } = this.#parts;
    const { signal } = this.#ending;
    const isServing = this.#stage === 'started' && !publishOnly;
    this.#refusesWork = this.#stage === 'created';
    this.#stage = 'draining';
    const sources = [...this.#sources];
    const stopped = sources.length === 0 ? undefined : stopSources(sources, signal, logger);
    const escalated = this.#parts.escalation?.runner.drain();
    if (isServing && drainGraceMs > 0) await pause(drainGraceMs, signal);
    this.#refusesStreams = true;
    await Promise.all([this.#finishWork(stopped), this.#sendStreamsAway(), escalated]);
    const { queue, breaker, broker, directory, store } = this.#parts;
    await queue.drain();
    // Nothing waits to be stored: a store that hangs, and is asked again and again, would never be done.
    breaker.close();
    await Promise.allSettled([broker.drain(), directory?.drain(), store.drain()]);
    await this.close();
  }

  async #finishWork(stopped: Promise<void> | undefined): Promise<void> {
    if (stopped !== undefined) await stopped;
    this.#refusesWork = true;
    await this.#underWay.untilNone();
    await Promise.all([this.#parts.relay?.drain(), this.#parts.writeBack?.drain()]);
    await this.#parts.storeQueue.drain();
    await this.#parts.queue.drain();
  }

  async #sendStreamsAway(): Promise<void> {
    const { emitters, drainWindowMs, control, publishOnly } = this.#parts;
    await closeOverWindow(emitters.all(), drainWindowMs, this.#ending.signal);
    // Not before: who revokes waits for a node as long as it shows anything.
    if (!publishOnly) control.leave();
  }

  /** Ends at once, idempotent. */
  async close(): Promise<void> {
    if (this.#stage === 'closed') return this.closed;
    this.#stage = 'closed';
    this.#refusesStreams = true;
    this.#refusesWork = true;
    this.#ending.abort();
    const { emitters, control, deadlines, storeQueue, breaker, recipients, queue, feeds } =
      this.#parts;
    for (const emitter of emitters.all()) {
      emitter.close({ code: 'CLOSED', returnMs: Math.random() * 5_000 });
    }
    this.#parts.escalation?.runner.close();
    control.close();
    deadlines.close();
    this.#parts.relay?.close();
    storeQueue.close();
    breaker.close();
    recipients?.close();
    queue.close();
    feeds.close();
    const { broker, directory, store } = this.#parts;
    const { writeBack } = this.#parts;
    await Promise.allSettled([
      writeBack?.close(),
      broker.close(),
      directory?.close(),
      store.close(),
    ]);
    this.#heard.closed();
    this.#resolveClosed();
  }

  #assertNotEnding(): void {
    if (this.#stage === 'draining' || this.#stage === 'closed') throw goingAway();
  }
}

function goingAway(): NotifyError {
  return new NotifyError('CLOSED', 'this node is going away');
}
