import type { Notification, Ready } from './notification.js';
import type { Sightings } from './sightings.js';

interface Place {
  readonly epoch: string;
  readonly offset: number;
}

/** Of a channel that nothing was ever sent to. */
const noEpoch = '0';

export interface ReaderLogOptions {
  /** Shared with other readers, so that what all of them are shown is kept once. */
  readonly sightings?: Sightings | undefined;
  /** History is taken away in this test: being told so is no fault. Default false. */
  readonly mayLose?: boolean | undefined;
}

/**
 * What one client has been shown, in the order of arrival, judged as it arrives: each channel in
 * offset order without hole, nothing twice, only followed channels, the same epoch throughout.
 */
export class ReaderLog {
  readonly readies: Ready[] = [];
  /** The channels that lost history, for each time that the client was told so. */
  readonly losses: (readonly string[])[] = [];
  /** Repeats that the protocol allows: a cut inside one write, events past the last cursor. */
  allowedRepeats = 0;
  received = 0;
  /** Shown before they had their place in the log, which came later under the same id. */
  placedLater = 0;
  readonly #byChannel = new Map<string, Notification[]>();
  readonly #places = new Map<string, Place>();
  readonly #ids = new Map<string, string>();
  readonly #withoutPlace = new Set<string>();
  readonly #problems: string[] = [];
  #afterCursor: Notification[] = [];
  readonly #mayRepeat = new Set<string>();
  readonly #sightings: Sightings | undefined;
  readonly #mayLose: boolean;

  constructor({ sightings, mayLose = false }: ReaderLogOptions = {}) {
    this.#sightings = sightings;
    this.#mayLose = mayLose;
  }

  /** What went wrong so far, in words. */
  get problems(): readonly string[] {
    return this.#problems;
  }

  get channels(): readonly string[] {
    return [...this.#byChannel.keys()];
  }

  on(channel: string): readonly Notification[] {
    return this.#byChannel.get(channel) ?? [];
  }

  /** How many different notifications have come over a channel. */
  count(channel: string): number {
    return this.on(channel).length;
  }

  /** The offset up to which a channel has been shown; undefined where it is not followed. */
  reached(channel: string): number | undefined {
    return this.#places.get(channel)?.offset;
  }

  /** The offset before the first one of a channel, as the first ready told it. */
  startOf(channel: string): number | undefined {
    return this.readies[0]?.channels[channel]?.offset;
  }

  ready(ready: Ready): void {
    const first = this.readies.length === 0;
    this.readies.push(ready);
    if (first) {
      for (const [channel, position] of Object.entries(ready.channels)) {
        if (position !== undefined) this.#places.set(channel, position);
        this.#byChannel.set(channel, []);
      }
    }
    if (!ready.recovered) this.#lose(ready);
  }

  /** A channel goes on from where the server says; the others stand where they stood. */
  #lose({ channels }: Ready): void {
    if (!this.#mayLose) this.problem(`ready ${this.readies.length} said recovered: false`);
    const lost: string[] = [];
    for (const [channel, position] of Object.entries(channels)) {
      const known = this.#places.get(channel);
      if (position === undefined || isSame(known, position)) continue;
      lost.push(channel);
      this.#places.set(channel, position);
    }
    this.losses.push(lost);
  }

  notification(shown: Notification): void {
    const notification = this.#sightings?.keep(shown) ?? shown;
    const { channel, offset, epoch, id } = notification;
    if (this.readies.length === 0) this.problem('a notification came before ready');
    this.#afterCursor.push(notification);
    if (this.#mayRepeat.delete(place(notification))) {
      this.allowedRepeats += 1;
      return;
    }
    const list = this.#byChannel.get(channel);
    if (offset === null && this.#ids.get(id) === channel && !this.#withoutPlace.has(id)) return;
    if (offset === null) this.#withoutPlace.add(id);
    else if (this.#withoutPlace.delete(id) && list !== undefined) {
      // Shown already: the client takes the place from this one, and in its list it stands there.
      this.placedLater += 1;
      list.splice(
        list.findIndex((each) => each.id === id),
        1,
      );
      this.#ids.delete(id);
    }
    this.received += 1;
    if (list === undefined) {
      this.problem(`${what(notification)} came, and its channel is not followed`);
      return;
    }
    const knownOn = this.#ids.get(id);
    if (knownOn !== undefined) this.problem(`${what(notification)} came before, on ${knownOn}`);
    this.#ids.set(id, channel);
    list.push(notification);
    if (offset === null || epoch === null) return;
    const before = this.#places.get(channel);
    if (before !== undefined && offset !== before.offset + 1) {
      this.problem(`${what(notification)} came where offset ${before.offset + 1} was due`);
    }
    if (before !== undefined && before.epoch !== epoch && before.epoch !== noEpoch) {
      this.problem(`${what(notification)} has epoch ${epoch}, the ones before ${before.epoch}`);
    }
    this.#places.set(channel, { epoch, offset });
  }

  /** The client's cursor moved behind everything received so far. */
  cursorMoved(): void {
    this.#afterCursor = [];
  }

  /** The link broke: what came after the cursor will come once more. */
  cut(): void {
    for (const notification of this.#afterCursor) this.#mayRepeat.add(place(notification));
    this.#afterCursor = [];
  }

  problem(text: string): void {
    // One fault early in a log would otherwise fill the screen.
    if (this.#problems.length < 20) this.#problems.push(text);
  }
}

function isSame(one: Place | undefined, other: Place): boolean {
  return one?.epoch === other.epoch && one.offset === other.offset;
}

function place({ channel, epoch, offset, id }: Notification): string {
  return JSON.stringify([channel, epoch, offset, id]);
}

function what({ id, channel, offset }: Notification): string {
  return `${channel}#${offset} (${id})`;
}
