/** A change of one file's text. What is to be found must be there exactly once. */
export interface Edit {
  /** From the root of the workspace. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** A fault that the model test must find. */
export interface Plant {
  readonly why: string;
  readonly edits: readonly Edit[];
}

const feed = 'packages/core/src/feeds/feed.ts';

/** By number, as `PLANT` names them. */
export const plants: ReadonlyMap<string, Plant> = new Map([
  [
    '1',
    {
      why: 'deliver across a hole',
      edits: [
        {
          file: feed,
          find: '      this.#keep(envelope);\n      this.#awaitLate();\n',
          replace: '      this.#advance(envelope);\n',
        },
      ],
    },
  ],
  [
    '2',
    {
      why: 'go live before the replay has ended',
      edits: [
        {
          file: 'packages/core/src/emitters/replay.ts',
          find: 'level ? [] : this.feed.recentAfter(this.position);',
          replace: 'level ? [] : (this.feed.recentAfter(this.position) ?? []);',
        },
      ],
    },
  ],
  [
    '3',
    {
      why: 'ignore the epoch',
      edits: [
        { file: feed, find: 'if (envelope.epoch !== position.epoch) {', replace: 'if (false) {' },
        {
          file: 'packages/core/src/feeds/judge-page.ts',
          find: "if (head.epoch !== position.epoch) return 'unreachable';",
          replace: '',
        },
      ],
    },
  ],
  [
    '4',
    {
      why: 'write the cursor ahead of the bytes',
      edits: [
        {
          file: 'packages/core/src/emitters/emitter.ts',
          find: 'cursorWith(cursor, cursorEntry(feed.key, position));',
          replace: 'cursorWith(cursor, feed.cursorEntry);',
        },
      ],
    },
  ],
  [
    '5',
    {
      why: 'keep the echo',
      edits: [
        {
          file: feed,
          find: '      this.#awaitLate();\n    }\n  }\n',
          replace:
            '      this.#awaitLate();\n    } else this.#deliver(new Outgoing(envelope));\n  }\n',
        },
      ],
    },
  ],
  [
    '6',
    {
      why: 'skip the resync',
      edits: [
        {
          file: 'packages/core/src/feeds/feed-table.ts',
          find: 'if (channels === undefined) void this.#checkAll();\n    else void this.#check(channels);',
          replace: '',
        },
      ],
    },
  ],
  [
    '7',
    {
      why: 'trim in the middle',
      edits: [
        {
          file: 'packages/testing/src/store/simulated-log.ts',
          find: 'const [last] = this.#items.splice(0, count).slice(-1);',
          replace: 'this.#items.splice(1, count);\n    const last = undefined;',
        },
      ],
    },
  ],
  [
    '8',
    {
      why: 'take whatever has the next offset for the next',
      edits: [
        {
          file: 'packages/core/src/feeds/contradicts.ts',
          find: 'if (ahead === 1) return !mayHaveTag(position, envelope.previousTag);',
          replace: 'if (ahead === 1) return false;',
        },
      ],
    },
  ],
]);
