interface Place<Job> {
  readonly job: Job;
  readonly channels: readonly string[];
  /** Earlier jobs that have to end first. */
  ahead: number;
  readonly behind: Place<Job>[];
}

/**
 * One line per channel. A job stands in the lines of all its channels, and its turn comes when it is the
 * first in each of them: what was enqueued for one channel is sent in that order.
 */
export class ChannelLines<Job> {
  readonly #places = new Map<Job, Place<Job>>();
  /** The last one in each channel's line. */
  readonly #last = new Map<string, Place<Job>>();

  /** Whether its turn has come already. */
  join(job: Job, channels: readonly string[]): boolean {
    const place: Place<Job> = { job, channels, ahead: 0, behind: [] };
    this.#places.set(job, place);
    for (const channel of channels) {
      const before = this.#last.get(channel);
      if (before !== undefined) {
        before.behind.push(place);
        place.ahead += 1;
      }
      this.#last.set(channel, place);
    }
    return place.ahead === 0;
  }

  /** Takes out a job whose turn had come; returns those whose turn comes with it. */
  leave(job: Job): readonly Job[] {
    const place = this.#places.get(job);
    if (place === undefined) return [];
    this.#places.delete(job);
    for (const channel of place.channels) {
      if (this.#last.get(channel) === place) this.#last.delete(channel);
    }
    const next: Job[] = [];
    for (const each of place.behind) {
      each.ahead -= 1;
      if (each.ahead === 0) next.push(each.job);
    }
    return next;
  }
}
