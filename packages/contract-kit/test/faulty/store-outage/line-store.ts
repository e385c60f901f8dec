import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { type StoreOutageTuning, storeOutageContract } from '@realtime-notify/contract-kit';
import {
  type AppendOutcome,
  type ChannelState,
  type Draft,
  type LogPage,
  NotifyError,
  type Position,
  type ReadRequest,
  type Store,
  silentLogger,
  withinMs,
} from '@realtime-notify/core';
import { launchLineServer } from './line-server.js';

const up = 'the link is up';
const down = 'the link is down';

interface Answers {
  readonly append: readonly AppendOutcome[];
  readonly positions: readonly Position[];
  readonly readAfter: readonly LogPage[];
}

interface Call {
  readonly method: keyof Answers;
  readonly input: unknown;
  done(json: string): void;
  failed(error: Error): void;
}

/** A store of a line server: as much of one as an outage needs. Faults override a method. */
export class LineStore implements Store {
  readonly shared = true;
  protected readonly calls = new Map<number, Call>();
  protected socket: Socket | undefined;
  protected readonly answerWithinMs: number = 300;
  readonly #port: number;
  readonly #tuning: StoreOutageTuning;
  readonly #closing = new AbortController();
  #starting: Promise<boolean> | undefined;
  #isStarted = false;
  #count = 0;

  constructor(port: number, tuning: StoreOutageTuning = {}) {
    this.#port = port;
    this.#tuning = tuning;
  }

  async start(): Promise<void> {
    const { startTimeoutMs = 2_000 } = this.#tuning;
    this.#starting = this.#linked(performance.now() + startTimeoutMs);
    if (!(await this.#starting)) throw this.#error();
    this.#isStarted = true;
  }

  async append(drafts: readonly Draft[]): Promise<readonly AppendOutcome[]> {
    try {
      return await this.#call('append', drafts);
    } catch (error) {
      if (!(error instanceof NotifyError)) throw error;
      return drafts.map(() => ({ status: 'failed', error }));
    }
  }

  positions(channels: readonly string[]): Promise<readonly Position[]> {
    return this.#call('positions', channels);
  }

  readAfter(requests: readonly ReadRequest[]): Promise<readonly LogPage[]> {
    return this.#call('readAfter', requests);
  }

  async states(): Promise<readonly ChannelState[]> {
    throw new Error('no outage needs it');
  }

  async renewEpoch(): Promise<Position> {
    throw new Error('no outage needs it');
  }

  async drain(): Promise<void> {}

  async close(): Promise<void> {
    this.#closing.abort();
    this.hangUp(this.socket);
    await this.#starting;
  }

  protected hangUp(socket: Socket | undefined): void {
    socket?.destroy();
  }

  /** What becomes of the calls under way on a connection that is over. */
  protected settle(): void {
    for (const { failed } of this.calls.values()) failed(this.#error());
    this.calls.clear();
  }

  protected async comeBack(): Promise<void> {
    if (await this.#linked(Number.POSITIVE_INFINITY)) this.say(up);
  }

  protected say(line: string): void {
    (this.#tuning.logger ?? silentLogger).info({}, line);
  }

  protected attemptFailed(): void {}

  protected write(id: number, { method, input }: Call): void {
    this.socket?.write(`${JSON.stringify([id, method, input])}\n`);
  }

  /** Whether there is a connection that answers, by then or by `close`. */
  async #linked(deadline: number): Promise<boolean> {
    const { maxReconnectDelayMs = 50 } = this.#tuning;
    const { signal } = this.#closing;
    for (let waitMs = 5; !signal.aborted; waitMs = Math.min(2 * waitMs, maxReconnectDelayMs)) {
      if (await this.#connects()) {
        if (!this.#isStarted) this.say(up);
        return true;
      }
      this.attemptFailed();
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) return false;
      await delay(Math.min(waitMs, leftMs), undefined, { signal }).catch(() => undefined);
    }
    return false;
  }

  async #connects(): Promise<boolean> {
    const socket = connect(this.#port, '127.0.0.1').setEncoding('utf8');
    this.socket = socket;
    let rest = '';
    socket.on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const [id = '', json = ''] = line.split('\t');
        this.calls.get(Number(id))?.done(json);
        this.calls.delete(Number(id));
      }
    });
    socket.on('error', () => undefined);
    let wasUp = false;
    socket.on('close', () => {
      this.settle();
      if (!wasUp || this.#closing.signal.aborted) return;
      this.say(down);
      void this.comeBack();
    });
    wasUp = await this.#ask('positions', []).then(
      () => true,
      () => false,
    );
    if (!wasUp) socket.destroy();
    return wasUp;
  }

  async #call<M extends keyof Answers>(method: M, input: unknown): Promise<Answers[M]> {
    if (this.#closing.signal.aborted) throw this.#error();
    if (!this.#isStarted) throw new NotifyError('NOT_STARTED', 'not started');
    return this.#ask(method, input);
  }

  async #ask<M extends keyof Answers>(method: M, input: unknown): Promise<Answers[M]> {
    const { socket } = this;
    if (socket === undefined || socket.destroyed) throw this.#error();
    this.#count += 1;
    const id = this.#count;
    const answer = new Promise<Answers[M]>((answered, failed) => {
      const done = (json: string): void => answered(JSON.parse(json));
      const call = { method, input, done, failed };
      this.calls.set(id, call);
      this.write(id, call);
    });
    return withinMs(answer, this.answerWithinMs, () => {
      socket.destroy();
      return this.#error();
    });
  }

  #error(): NotifyError {
    return this.#closing.signal.aborted
      ? new NotifyError('CLOSED', 'closed')
      : new NotifyError('STORE_UNAVAILABLE', 'the server is away');
  }
}

/** Runs the outage contract against a store with a fault, or a server with one. */
export function lineStoreContract(
  Faulty: new (port: number, tuning?: StoreOutageTuning) => Store,
  launch = launchLineServer,
): void {
  storeOutageContract({
    name: Faulty.name,
    launch,
    create: (port, tuning) => new Faulty(port, tuning),
    linkLines: { up, down },
    patienceMs: 5_000,
  });
}
