import { setTimeout as pause } from 'node:timers/promises';
import { newEpoch, type Position } from '@realtime-notify/core';
import type { Collection } from 'mongodb';
import { type EntryDocument, entryKey, placeTakenMs } from './documents.js';
import { isDuplicateKey } from './driver-errors.js';
import { type LogHeads, placeOf } from './log-heads.js';
import type { ServerClock } from './server-clock.js';

/** Gives a log another epoch by putting that in at the log's next place, like anything else. */
export class EpochRenewal {
  readonly #entries: Collection<EntryDocument>;
  readonly #heads: LogHeads;
  readonly #clock: ServerClock;

  constructor(entries: Collection<EntryDocument>, heads: LogHeads, clock: ServerClock) {
    this.#entries = entries;
    this.#heads = heads;
    this.#clock = clock;
  }

  async renew(channel: string, expectedEpoch: string): Promise<Position> {
    for (let lost = 0; ; lost += 1) {
      const [known] = await this.#heads.read([channel]);
      if (known === undefined) throw new Error('no head was read');
      const { head } = known;
      if (head.seq === 0 || head.epoch !== expectedEpoch) return placeOf(head);
      const seq = head.seq + 1;
      const renewed = { ...head, seq, epoch: newEpoch() };
      try {
        const expireAt = new Date((await this.#clock.now()) + placeTakenMs);
        await this.#entries.insertOne({ ...renewed, _id: entryKey(channel, seq), expireAt });
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
        await pause(Math.random() * Math.min(40, 2 ** lost));
        continue;
      }
      await this.#heads.advance([{ channel, head: renewed, kept: known.kept }]);
      return placeOf(renewed);
    }
  }
}
