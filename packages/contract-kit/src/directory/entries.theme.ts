import { expect } from 'vitest';
import { type DirectoryTheme, freshUser } from './directory-harness.js';

export function entriesTheme({ book, bench }: DirectoryTheme): void {
  const { shared } = bench.capabilities;

  book.clause('D-DECLARED', 'what it is said to be', async () => {
    expect((await bench.node()).directory.capabilities).toEqual(bench.capabilities);
  });

  book.capability('D1', shared, {
    present: async () => {
      const [one, two, awkward] = [freshUser(), freshUser(), freshUser('ü {7} "x" \\ 你🎉')];
      const first = await bench.node([one, two]);
      const second = await bench.node([two, awkward]);
      for (const { directory } of [first, second]) {
        const found = await directory.where([one, two, awkward]);
        expect(found.map((nodeIds) => nodeIds.toSorted())).toEqual([
          [first.nodeId],
          [first.nodeId, second.nodeId].toSorted(),
          [second.nodeId],
        ]);
      }
    },
    absent: async () => {
      const userId = freshUser();
      const { directory, nodeId } = await bench.node([userId]);
      expect(await directory.where([userId])).toEqual([[nodeId]]);
      expect(await (await bench.node()).directory.where([userId])).toEqual([[]]);
    },
  });

  book.clause('D3', 'twice is once', async () => {
    const [kept, left] = [freshUser(), freshUser()];
    const { directory, nodeId } = await bench.node([kept, left, kept]);
    await directory.add([kept]);
    await directory.remove([left, left]);
    await directory.remove([left, freshUser()]);
    expect(await directory.where([kept, left])).toEqual([[nodeId], []]);
  });

  book.clause('D3', 'of calls that overlap the last one counts', async () => {
    const [stays, goes] = [freshUser(), freshUser()];
    const { directory, nodeId } = await bench.node();
    await Promise.all([
      directory.add([goes]),
      directory.remove([stays]),
      directory.add([stays]),
      directory.remove([goes]),
    ]);
    expect(await directory.where([stays, goes])).toEqual([[nodeId], []]);
  });

  book.clause('D3', 'nobody added, nobody removed, nobody asked about', async () => {
    const { directory } = await bench.node();
    await directory.add([]);
    await directory.remove([]);
    expect(await directory.where([])).toEqual([]);
  });

  book.clause('D4', 'of thousands too', async () => {
    const users = Array.from({ length: 3_000 }, () => freshUser());
    const { directory, nodeId } = await bench.node(users.filter((_, i) => i % 3 === 0));
    const found = await directory.where([...users, ...users.slice(0, 2)]);
    expect(found).toHaveLength(3_002);
    for (const [i, nodeIds] of found.entries()) {
      const held = i < 3_000 ? i % 3 === 0 : i === 3_000;
      expect(nodeIds).toEqual(held ? [nodeId] : []);
    }
  });

  book.clause('D8', 'on the node that added and removed', async () => {
    const userId = freshUser();
    const { directory, sink } = await bench.node([userId]);
    await directory.add([userId]);
    expect(sink.toldOf(userId)).toEqual([true]);
    await directory.remove([userId]);
    await directory.remove([userId]);
    expect(sink.toldOf(userId)).toEqual([true, false]);
  });

  book.clause('D9', 'an hour later and an hour earlier nothing has changed', async () => {
    const userId = freshUser();
    const { now } = Date;
    try {
      const { directory, nodeId, sink } = await bench.node([userId]);
      for (const ms of [3_600_000, -3_600_000]) {
        Date.now = () => now() + ms;
        const other = await bench.node();
        const looker = bench.capabilities.shared ? other.directory : directory;
        expect(await looker.where([userId])).toEqual([[nodeId]]);
        await other.directory.close();
        expect(await directory.where([userId])).toEqual([[nodeId]]);
      }
      expect([sink.resyncs, sink.toldOf(userId)]).toEqual([[], [true]]);
    } finally {
      Date.now = now;
    }
  });

  book.clause('D-LOOK-ONLY', 'it is not there itself', async () => {
    const userId = freshUser();
    const holder = await bench.node([userId]);
    const { directory } = await bench.node([], { publishOnly: true });
    const found = bench.capabilities.shared ? [holder.nodeId] : [];
    expect(await directory.where([userId])).toEqual([found]);
    await expect(directory.add([userId])).rejects.toMatchObject({ code: 'PUBLISH_ONLY' });
    await directory.drain();
    await directory.close();
    expect(await holder.directory.where([userId])).toEqual([[holder.nodeId]]);
  });

  if (!shared) return;

  book.clause('D8', 'of a user on two nodes only the first and the last', async () => {
    const userId = freshUser();
    const [first, second] = [await bench.node([userId]), await bench.node([userId])];
    await first.directory.remove([userId]);
    await second.directory.remove([userId]);
    expect([first.sink.toldOf(userId), second.sink.toldOf(userId)]).toEqual([[true], [false]]);
  });
}
