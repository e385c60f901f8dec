import type { Notification, Ready } from './notification.js';
import type { Sightings } from './sightings.js';

/**
 * What one client has been shown, in the order of arrival, judged as it arrives: each channel in
 * offset order without hole, nothing twice, only followed channels, the same epoch throughout.
 */
export class ReaderLog {
  readonly readies: Ready[] = [];
  /** Repeats that the protocol allows: a cut inside one write, events past the last cursor. */
  allowedRepeats = 0;
  received = 0;
  readonly #byChannel = new Map<string, Notification[]>();
  readonly #expectedNext = new Map<string, number>();
  readonly #epochs = new Map<string, string>();
  readonly #ids = new Map<string, string>();
  readonly #problems: string[] = [];
  #afterCursor: Notification[] = [];
  readonly #mayRepeat = new Set<string>();
  readonly #sightings: Sightings | undefined;

  /** @param sightings - shared with other readers, so that what all of them are shown is kept once */
  constructor(sightings?: Sightings) {
    this.#sightings = sightings;
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
    const next = this.#expectedNext.get(channel);
    return next === undefined ? undefined : next - 1;
  }

  /** The offset before the first one of a channel, as the first ready told it. */
  startOf(channel: string): number | undefined {
    return this.readies[0]?.channels[channel]?.offset;
  }

  ready(ready: Ready): void {
    const first = this.readies.length === 0;
    this.readies.push(ready);
    if (!ready.recovered) this.problem(`ready ${this.readies.length} said recovered: false`);
    if (!first) return;
    for (const [channel, position] of Object.entries(ready.channels)) {
      if (position !== undefined) this.#expectedNext.set(channel, position.offset + 1);
      this.#byChannel.set(channel, []);
    }
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
    this.received += 1;
    const list = this.#byChannel.get(channel);
    if (list === undefined) {
      this.problem(`${what(notification)} came, and its channel is not followed`);
      return;
    }
    const knownOn = this.#ids.get(id);
    if (knownOn !== undefined) this.problem(`${what(notification)} came before, on ${knownOn}`);
    this.#ids.set(id, channel);
    list.push(notification);
    if (offset === null || epoch === null) return;
    const expected = this.#expectedNext.get(channel);
    if (expected !== undefined && offset !== expected) {
      this.problem(`${what(notification)} came where offset ${expected} was due`);
    }
    this.#expectedNext.set(channel, offset + 1);
    const before = this.#epochs.get(channel);
    if (before !== undefined && before !== epoch) {
      this.problem(`${what(notification)} has epoch ${epoch}, the ones before ${before}`);
    }
    this.#epochs.set(channel, epoch);
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

function place({ channel, epoch, offset, id }: Notification): string {
  return JSON.stringify([channel, epoch, offset, id]);
}

function what({ id, channel, offset }: Notification): string {
  return `${channel}#${offset} (${id})`;
}
