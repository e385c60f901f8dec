import type { ChannelState } from '@realtime-notify/core';
import type { Collection } from 'mongodb';
import { type EntryDocument, entryKey, type HeadDocument } from './documents.js';
import { unavailable } from './driver-errors.js';
import { type KnownHead, type LogHeads, placeOf } from './log-heads.js';

const mostLooks = 20;

/** Reads states with the positions that they belong to. */
export class StateReader {
  readonly #documents: Collection<HeadDocument>;
  readonly #entries: Collection<EntryDocument>;
  readonly #heads: LogHeads;

  constructor(
    documents: Collection<HeadDocument>,
    entries: Collection<EntryDocument>,
    heads: LogHeads,
  ) {
    this.#documents = documents;
    this.#entries = entries;
    this.#heads = heads;
  }

  async read(channels: readonly string[]): Promise<readonly ChannelState[]> {
    const known = await this.#heads.read(channels);
    return Promise.all(
      channels.map(async (channel, i) => {
        let now = known[i];
        for (let look = 0; look < mostLooks; look += 1) {
          const state = now && (await this.#stateAt(channel, now));
          if (state !== undefined) return state;
          [now] = await this.#heads.read([channel]);
        }
        throw unavailable(`the state of ${channel} changes faster than it can be read`);
      }),
    );
  }

  /** Undefined where it was replaced meanwhile. */
  async #stateAt(channel: string, { head }: KnownHead): Promise<ChannelState | undefined> {
    const position = placeOf(head);
    const { stateSeq } = head;
    if (stateSeq === 0) return { position, stateJson: null };
    const kept = await this.#documents.findOne(
      { _id: channel },
      { projection: { stateSeq: 1, state: 1 } },
    );
    if (kept?.stateSeq === stateSeq && kept.state !== undefined) {
      return { position, stateJson: kept.state };
    }
    const entry = await this.#entries.findOne({ _id: entryKey(channel, stateSeq) });
    return entry?.state === undefined ? undefined : { position, stateJson: entry.state };
  }
}
