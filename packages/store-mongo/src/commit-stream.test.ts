import { expect, test, vi } from 'vitest';
import { type Changes, CommitStream } from './commit-stream.js';

/** A stream that a test fills. */
class FakeChanges implements Changes {
  isClosed = false;
  #settle: { tell(): void; fail(error: Error): void } = { tell: () => {}, fail: () => {} };

  constructor(readonly opening: Promise<unknown> = Promise.resolve(null)) {}

  tryNext(): Promise<unknown> {
    return this.opening;
  }

  next(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#settle = { tell: () => resolve({}), fail: reject };
    });
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.fail(new Error('closed'));
  }

  tell(): void {
    this.#settle.tell();
  }

  fail(error: Error): void {
    this.#settle.fail(error);
  }
}

function streamOver(...streams: readonly FakeChanges[]) {
  let opened = 0;
  const stream = new CommitStream({
    open: async () => {
      const next = streams[opened];
      opened += 1;
      if (next === undefined) throw new Error('away');
      return next;
    },
    waitMs: 1,
  });
  return { stream, opened: () => opened };
}

test('whoever watches is told once it is open, and of each commit, until it stops', async () => {
  const changes = new FakeChanges();
  const { stream, opened } = streamOver(changes);
  let told = 0;
  const stop = stream.watch(() => {
    told += 1;
  });
  expect(opened()).toBe(0);
  stream.start();
  await vi.waitFor(() => expect(told).toBe(1));
  changes.tell();
  await vi.waitFor(() => expect(told).toBe(2));
  stop();
  await vi.waitFor(() => expect(changes.isClosed).toBe(true));
  expect([told, opened()]).toEqual([2, 1]);
});

test('one that fails is opened anew, and whoever watches is told in case it missed something', async () => {
  const [first, second] = [new FakeChanges(), new FakeChanges()];
  const { stream } = streamOver(first, second);
  let told = 0;
  stream.watch(() => {
    told += 1;
  });
  stream.start();
  await vi.waitFor(() => expect(told).toBe(1));
  first.fail(new Error('connection closed'));
  await vi.waitFor(() => expect(told).toBe(2));
  expect(first.isClosed).toBe(true);
  stream.close();
  await vi.waitFor(() => expect(second.isClosed).toBe(true));
});

test.each([40_573, 238, 40_324])(
  'a server without change streams is asked once (%d)',
  async (code) => {
    const failed = Promise.reject(Object.assign(new Error('no'), { code }));
    const changes = new FakeChanges(failed);
    const { stream, opened } = streamOver(changes);
    stream.watch(() => {});
    stream.start();
    await vi.waitFor(() => expect(changes.isClosed).toBe(true));
    stream.watch(() => {});
    expect(opened()).toBe(1);
    stream.close();
  },
);

test('closed while it is being opened it is let go of', async () => {
  const changes = new FakeChanges();
  const { stream } = streamOver(changes);
  let told = 0;
  stream.watch(() => {
    told += 1;
  });
  stream.start();
  stream.close();
  await vi.waitFor(() => expect(changes.isClosed).toBe(true));
  stream.watch(() => {})();
  expect(told).toBe(0);
});
