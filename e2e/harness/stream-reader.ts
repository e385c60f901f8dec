import { eventually } from './eventually.js';
import type { Bye, Notification, Ready } from './notification.js';
import { ReaderLog, type ReaderLogOptions } from './reader-log.js';

/** Where and as whom a link is opened. */
interface LinkTarget {
  /** `http://host:port` of a node. */
  readonly base: string;
  readonly token: string;
  readonly groups: readonly string[];
  /** Absent on the first connect. */
  readonly cursor: string | undefined;
}

/** What a link tells its reader. After `closed` nothing more comes. */
export interface LinkListener {
  ready(ready: Ready): void;
  notification(notification: Notification): void;
  cursor(text: string): void;
  retryAfter(ms: number): void;
  bye(bye: Bye): void;
  /** What came is not what the protocol says. */
  violation(error: unknown): void;
  /** The connection broke, and the link makes another by itself. */
  interrupted(): void;
  /** The server does not want this client: no return. */
  refused(why: string): void;
  closed(): void;
}

/** One connection; `destroy` drops it without a word to the server. */
export interface Link {
  destroy(): void;
}

export type Dial = (target: LinkTarget, listener: LinkListener) => Link;

export interface StreamReaderOptions extends ReaderLogOptions {
  readonly name: string;
  /** Nodes to go to, in turn: the next one whenever a link broke. */
  readonly nodes: readonly string[];
  readonly token: string;
  readonly groups?: readonly string[];
  readonly cursor?: string | undefined;
  /** Told each notification, also one that comes again. */
  readonly heard?: ((notification: Notification) => void) | undefined;
}

/** When a client comes back that the server gave no time. */
export const defaultReturnMs = 200;

/**
 * A client that comes back by itself from its cursor, as a browser would, and keeps a log of what it was
 * shown. Knows no transport: SSE and WebSocket give it a `dial`.
 */
export class StreamReader {
  readonly name: string;
  readonly log: ReaderLog;
  readonly byes: Bye[] = [];
  /** When each `ready` came. */
  readonly readyTimes: number[] = [];
  refusal: string | undefined;
  cursor: string | undefined;
  readonly #dial: Dial;
  readonly #options: StreamReaderOptions;
  #nodes: readonly string[];
  #attempt: symbol | undefined;
  #link: Link | undefined;
  #return: NodeJS.Timeout | undefined;
  #retryMs = defaultReturnMs;
  #away = true;
  #live = false;
  #listeners: (() => void)[] = [];

  constructor(dial: Dial, options: StreamReaderOptions) {
    this.#dial = dial;
    this.#options = options;
    this.#nodes = options.nodes;
    this.name = options.name;
    this.log = new ReaderLog(options);
    this.cursor = options.cursor;
  }

  /** Whether the link stands and `ready` has come over it. */
  get live(): boolean {
    return this.#live;
  }

  /** Connects, and resolves at `ready`. */
  async open(): Promise<void> {
    this.#away = false;
    this.#connect();
    await this.untilLive();
  }

  async untilLive(): Promise<void> {
    await eventually(
      `${this.name} is connected`,
      () => this.#live || this.refusal !== undefined,
      () => `byes: ${JSON.stringify(this.byes)}`,
    );
    if (this.refusal !== undefined) throw new Error(`${this.name} was refused: ${this.refusal}`);
  }

  /** Breaks the link in the middle and stays away until `resume`. */
  cut(): void {
    this.#away = true;
    clearTimeout(this.#return);
    this.#drop();
  }

  /** Comes back from the cursor, on the given node if one is named; resolves at `ready`. */
  async resume(node?: string): Promise<void> {
    if (node !== undefined) this.#nodes = [node];
    await this.open();
  }

  /** Calls back once, at the next notification; for cutting in the middle of traffic. */
  onceNotified(listener: () => void): void {
    this.#listeners.push(listener);
  }

  #connect(): void {
    const [base] = this.#nodes;
    if (base === undefined) throw new Error(`${this.name} knows no node`);
    const { token, groups = [] } = this.#options;
    const attempt = Symbol(base);
    this.#attempt = attempt;
    const ifCurrent = <Args extends unknown[]>(listener: (...args: Args) => void) => {
      return (...args: Args): void => {
        if (this.#attempt === attempt) listener(...args);
      };
    };
    this.#link = this.#dial(
      { base, token, groups, cursor: this.cursor },
      {
        ready: ifCurrent((ready) => {
          this.#live = true;
          this.readyTimes.push(Date.now());
          this.log.ready(ready);
        }),
        notification: ifCurrent((notification) => {
          this.log.notification(notification);
          this.#options.heard?.(notification);
          const listeners = this.#listeners;
          this.#listeners = [];
          for (const listener of listeners) listener();
        }),
        cursor: ifCurrent((text) => {
          this.cursor = text;
          this.log.cursorMoved();
        }),
        retryAfter: ifCurrent((ms) => {
          this.#retryMs = ms;
        }),
        bye: ifCurrent((bye) => {
          this.byes.push(bye);
          if (bye.returnMs === null) this.#away = true;
          else this.#retryMs = bye.returnMs;
        }),
        violation: ifCurrent((error) => this.log.problem(String(error))),
        interrupted: ifCurrent(() => {
          this.#live = false;
          this.log.cut();
        }),
        refused: ifCurrent((why) => {
          this.refusal = why;
          this.#away = true;
        }),
        closed: ifCurrent(() => {
          this.#drop();
          this.#comeBack();
        }),
      },
    );
  }

  #drop(): void {
    if (this.#attempt === undefined) return;
    this.#attempt = undefined;
    this.#live = false;
    this.log.cut();
    this.#link?.destroy();
  }

  #comeBack(): void {
    if (this.#away) return;
    this.#nodes = [...this.#nodes.slice(1), ...this.#nodes.slice(0, 1)];
    this.#return = setTimeout(() => {
      if (!this.#away) this.#connect();
    }, this.#retryMs);
  }
}
