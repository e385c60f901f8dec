import { NotifyError } from '../errors/notify-error.js';
import type { WriteBack } from '../write-back/write-back.js';
import type {
  NotifyOutcome,
  NotifyRequest,
  NotifyResult,
  WhenStoreDown,
} from './notify-request.js';
import { type Prepared, type Publisher, resultOf } from './publisher.js';
import type { Sent } from './sending.js';
import type { StoreBreaker } from './store-breaker.js';
import type { StoreQueue } from './store-queue.js';

/** What publishing under the eyes of a caller works with. */
export interface BufferedPublisherContext {
  readonly publisher: Publisher;
  readonly queue: StoreQueue;
  readonly breaker: StoreBreaker;
  readonly whenStoreDown: WhenStoreDown;
  readonly writeBack: WriteBack | undefined;
}

/** One of several notifications, checked, or what it failed with before anything of it was sent. */
interface Turn {
  readonly request: NotifyRequest;
  readonly prepared?: Prepared;
  readonly error?: NotifyError;
}

/** Notifications that one call of the store takes. */
const maxTogether = 100;

/** Publishes for `notify`; what the store does not take waits in the queue, where the host chose so. */
export class BufferedPublisher {
  readonly #context: BufferedPublisherContext;

  constructor(context: BufferedPublisherContext) {
    this.#context = context;
  }

  /**
   * Rejects as {@link Publisher.prepare} throws, as {@link Publisher.check} and {@link Publisher.finish},
   * and with `LIMIT_EXCEEDED` where too much waits.
   */
  async publish(request: NotifyRequest): Promise<NotifyResult> {
    const prepared = this.#prepare(request);
    const checking = this.#context.publisher.check(prepared);
    if (checking !== undefined) await checking;
    return this.#publish(request, prepared);
  }

  /**
   * As {@link publish} for each, in their order; what goes to one channel each is stored by one call.
   * After a failure that can pass nothing more is tried, so that a retry keeps the order.
   */
  async publishMany(requests: readonly NotifyRequest[]): Promise<readonly NotifyOutcome[]> {
    const turns = await Promise.all(requests.map((request) => this.#turnOf(request)));
    const outcomes: Promise<NotifyOutcome>[] = [];
    let failure: NotifyError | undefined;
    for (const run of runsOf(turns, (turn) => this.#goesTogether(turn))) {
      if (failure !== undefined) break;
      const ended = await this.#publishRun(run);
      failure = ended.failure;
      outcomes.push(...ended.outcomes);
    }
    const known = await Promise.all(outcomes);
    const error = failure;
    if (error === undefined) return known;
    const untried = turns.slice(known.length);
    return [...known, ...untried.map((): NotifyOutcome => ({ status: 'failed', error }))];
  }

  async #turnOf(request: NotifyRequest): Promise<Turn> {
    try {
      const prepared = this.#prepare(request);
      await this.#context.publisher.check(prepared);
      return { request, prepared };
    } catch (error) {
      if (!NotifyError.is(error)) throw error;
      return { request, error };
    }
  }

  #goesTogether({ request, prepared }: Turn): boolean {
    if (prepared === undefined || this.#buffers(request)) return false;
    const { durable, channels } = prepared;
    return durable && channels.length === 1 && !this.#isHeld(channels);
  }

  /** Notifications that are stored by one call, or a single one that goes alone. */
  async #publishRun(run: readonly Turn[]): Promise<{
    readonly outcomes: readonly Promise<NotifyOutcome>[];
    readonly failure?: NotifyError | undefined;
  }> {
    const { publisher } = this.#context;
    const [first] = run;
    if (first !== undefined && run.length === 1) {
      const outcome = await settled(this.#publishTurn(first));
      return { outcomes: [Promise.resolve(outcome)], failure: passing(outcome) };
    }
    const together = run.flatMap(({ prepared }) => prepared ?? []);
    const sent = await publisher.sendTogether(together);
    return {
      outcomes: together.map((prepared, i) => {
        const own = sent[i];
        if (own === undefined) throw new Error('the publisher lost count');
        return settled(publisher.finish(prepared, own));
      }),
      failure: sent.find(({ failure }) => failure?.retryable === true)?.failure,
    };
  }

  async #publishTurn({ request, prepared, error }: Turn): Promise<NotifyResult> {
    if (prepared === undefined) throw error;
    return this.#publish(request, prepared);
  }

  /** It may wait for the store, in memory or in the log. */
  #buffers(request: NotifyRequest): boolean {
    return this.#modeOf(request) !== 'reject';
  }

  #modeOf(request: NotifyRequest): WhenStoreDown {
    return request.whenStoreDown ?? this.#context.whenStoreDown;
  }

  #isHeld(channels: readonly string[]): boolean {
    const { queue, writeBack } = this.#context;
    return queue.holds(channels) || writeBack?.holds(channels) === true;
  }

  #prepare(request: NotifyRequest): Prepared {
    const { publisher } = this.#context;
    return this.#buffers(request) ? publisher.prepareToRetry(request) : publisher.prepare(request);
  }

  async #publish(request: NotifyRequest, prepared: Prepared): Promise<NotifyResult> {
    const { publisher, breaker, writeBack } = this.#context;
    const { channels } = prepared;
    const buffers = this.#buffers(request);
    if (this.#modeOf(request) === 'log' && writeBack === undefined) {
      throw new NotifyError('OPTIONS_INVALID', "whenStoreDown 'log' needs a `writeBack`");
    }
    if (prepared.durable && writeBack?.holds(channels)) await writeBack.untilTurn(channels);
    const waits = prepared.durable && this.#isHeld(channels);
    if (waits && !buffers) {
      throw new NotifyError('STORE_UNAVAILABLE', 'others of the channel wait for the store');
    }
    if (waits || (prepared.durable && buffers && !breaker.admits)) {
      return this.#wait(request, prepared);
    }
    const sent = await publisher.send(prepared);
    if (!buffers || sent.failure?.code !== 'STORE_UNAVAILABLE') {
      return publisher.finish(prepared, sent);
    }
    return this.#wait(request, prepared, sent);
  }

  /** @param sent - what the store took of it; nothing where absent */
  async #wait(request: NotifyRequest, prepared: Prepared, sent?: Sent): Promise<NotifyResult> {
    const { id, time } = prepared.content;
    const known = sent ?? {
      id,
      time,
      channels: prepared.channels.map((channel) => ({ channel, epoch: null, offset: null })),
      missing: prepared.channels,
      published: true,
    };
    const content = { ...prepared.content, id: known.id, time: known.time };
    const waiting = { ...prepared, content };
    const shown =
      this.#modeOf(request) === 'log'
        ? this.#log(waiting, known.missing, sent)
        : this.#buffer(request, waiting, known.missing, sent);
    const published = (await Promise.all([shown, known.published])).every(Boolean);
    return resultOf({ ...known, duplicate: false }, { stored: false, buffered: true, published });
  }

  /** Resolves, once the log has it, whether the broker was given it for those who are shown it meanwhile. */
  async #log(
    prepared: Prepared,
    missing: readonly string[],
    sent: Sent | undefined,
  ): Promise<boolean> {
    const { publisher, writeBack } = this.#context;
    const { content } = prepared;
    try {
      await writeBack?.keep(missing.map((channel) => ({ ...content, channel })));
    } catch (error) {
      throw sent?.failure ?? error;
    }
    // Under a key of the host's it may have been stored long ago, under another id.
    const isNew = content.idempotency?.key === content.id;
    return isNew ? publisher.showProvisionally(prepared, missing) : false;
  }

  #buffer(
    request: NotifyRequest,
    prepared: Prepared,
    missing: readonly string[],
    sent: Sent | undefined,
  ): Promise<boolean> {
    try {
      return this.#context.queue.buffer(request, prepared, missing);
    } catch (error) {
      // Says on which channels it failed.
      throw sent?.failure ?? error;
    }
  }
}

/** Cuts a list into neighbours that go together, and single ones that do not. */
function runsOf<T>(turns: readonly T[], goesTogether: (turn: T) => boolean): readonly T[][] {
  const runs: T[][] = [];
  let open = false;
  for (const turn of turns) {
    const joins = goesTogether(turn);
    const run = runs.at(-1);
    if (joins && open && run !== undefined && run.length < maxTogether) run.push(turn);
    else runs.push([turn]);
    open = joins;
  }
  return runs;
}

async function settled(work: Promise<NotifyResult>): Promise<NotifyOutcome> {
  try {
    return { status: 'sent', result: await work };
  } catch (error) {
    if (!NotifyError.is(error)) throw error;
    return { status: 'failed', error };
  }
}

/** A failure after which trying again can help. */
function passing(outcome: NotifyOutcome): NotifyError | undefined {
  return outcome.status === 'failed' && outcome.error.retryable ? outcome.error : undefined;
}
