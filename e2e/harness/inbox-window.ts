import { InboxView } from '../../packages/client/src/index.js';
import { BadgeJudge } from './badge-judge.js';
import type { InboxClient } from './inbox-client.js';
import type { StreamReader, StreamReaderOptions } from './stream-reader.js';

const pageItems = 20;

/** A tab or a device: a view that pages and a stream of either transport fill, and what was wrong with its badge. */
export class InboxWindow {
  readonly view = new InboxView();
  readonly reader: StreamReader;
  readonly problems: string[] = [];
  /** How often the view asked to be loaded anew. */
  reloads = 0;
  readonly #judge: BadgeJudge;
  readonly #client: InboxClient;
  readonly #bases: readonly string[];
  #loading: Promise<void> | undefined;

  private constructor(
    client: InboxClient,
    bases: readonly string[],
    judge: BadgeJudge,
    reader: (heard: NonNullable<StreamReaderOptions['heard']>) => StreamReader,
  ) {
    this.#client = client;
    this.#bases = bases;
    this.#judge = judge;
    this.reader = reader((notification) => {
      this.#judge.notification(notification);
      this.view.take(notification);
    });
    this.view.on('change', ({ stale }) => {
      this.#check();
      if (!stale || this.#loading !== undefined) return;
      this.reloads += 1;
      void this.reload().catch((error: unknown) => this.problems.push(String(error)));
    });
  }

  static async open(
    client: InboxClient,
    makeReader: (options: StreamReaderOptions) => StreamReader,
    options: Omit<StreamReaderOptions, 'heard' | 'cursor' | 'token'>,
  ): Promise<InboxWindow> {
    const page = await client.list(options.nodes[0] ?? '', pageItems);
    const { token } = client;
    const judge = new BadgeJudge();
    judge.page(page);
    const window = new InboxWindow(client, options.nodes, judge, (heard) => {
      return makeReader({ ...options, token, cursor: page.cursor, heard });
    });
    window.view.load(page);
    await window.reader.open();
    return window;
  }

  /** Loads the newest page in place of all that is shown; asked for once at a time. */
  reload(): Promise<void> {
    this.#loading ??= this.#load().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  /** Takes older pages until there are none. */
  async loadAll(): Promise<void> {
    await this.#loading;
    for (let { next } = this.view.state; next !== null; { next } = this.view.state) {
      const page = await this.#client.list(this.#bases[0] ?? '', pageItems, next);
      this.#judge.page(page);
      if (this.view.state.next === next) this.view.append(page);
    }
  }

  async #load(): Promise<void> {
    const page = await this.#client.list(this.#bases[0] ?? '', pageItems);
    this.#judge.page(page);
    this.view.load(page);
  }

  #check(): void {
    const { unread, unseen, version } = this.view.state;
    const right = this.#judge.badge;
    const isRight = unread === right.unread && unseen === right.unseen;
    if (isRight && unread >= 0 && unseen >= 0 && version?.offset === this.#judge.version) return;
    const shown = `${unread} unread, ${unseen} unseen at version ${version?.offset}`;
    const wanted = `${right.unread}, ${right.unseen} at ${this.#judge.version}`;
    this.problems.push(`${this.reader.name} shows ${shown}, not ${wanted}`);
  }
}
