import { expect } from 'vitest';
import { OpenHandles } from '../open-handles.js';
import { OutOfBand } from '../out-of-band.js';
import { type DirectoryTheme, freshUser } from './directory-harness.js';

const unavailable = { code: 'DIRECTORY_UNAVAILABLE' };

export function lossTheme({ book, bench }: DirectoryTheme): void {
  const { shared } = bench.capabilities;
  const some = (count: number): readonly string[] =>
    Array.from({ length: count }, () => freshUser());

  book.capability('D2', shared, {
    present: async () => {
      const users = some(1_500);
      const [both = '', ...only] = users;
      const dying = await bench.fragile(users);
      const living = await bench.node([both]);
      expect(await bench.heldOf(users)).toEqual(users);
      await dying.goAway();
      await bench.eventually(async () => {
        const found = await living.directory.where(users);
        expect(found).toEqual([[living.nodeId], ...only.map(() => [])]);
      });
      await bench.eventually(async () => {
        expect(await bench.heldOf(users)).toEqual([both]);
      });
      await bench.eventually(() => {
        const gone = living.sink.changes.flatMap(({ userId, online }) =>
          online || !users.includes(userId) ? [] : userId,
        );
        expect(new Set(gone)).toEqual(new Set(only));
        expect(gone).toHaveLength(only.length);
      });
    },
    absent: async () => {
      const userId = freshUser();
      const { directory, nodeId, sink } = await bench.node([userId]);
      await bench.node();
      expect(await directory.where([userId])).toEqual([[nodeId]]);
      expect(sink.toldOf(userId)).toEqual([true]);
    },
  });

  book.capability('D5', shared, {
    present: async () => {
      const [old, kept, added] = [freshUser(), freshUser(), freshUser()];
      const killed = await bench.fragile([old, kept]);
      await killed.goAway();
      const { nodeId } = killed;
      const { directory } = await bench.node([kept, added], { nodeId });
      expect(await directory.where([old, kept, added])).toEqual([[], [nodeId], [nodeId]]);
    },
    absent: async () => {
      const userId = freshUser();
      const { nodeId, directory } = await bench.node([userId]);
      await directory.close();
      const again = await bench.node([], { nodeId });
      expect(await again.directory.where([userId])).toEqual([[]]);
    },
  });

  book.capability('D6', shared, {
    present: async () => {
      const users = some(600);
      const { directory, nodeId, sink } = await bench.node(users);
      const other = await bench.node();
      await bench.shared.loseData();
      const late = freshUser();
      await directory.add([late]);
      await bench.eventually(() => expect(new Set(sink.resyncs.flat())).toEqual(new Set(users)));
      const found = await other.directory.where([...users, late]);
      expect(found).toEqual([...users, late].map(() => [nodeId]));
    },
    absent: async () => {
      const { directory, sink } = await bench.node(some(10));
      await directory.remove(some(1));
      expect(sink.resyncs).toEqual([]);
    },
  });

  book.capability('D7', shared, {
    present: async () => {
      const { directory, sink, goAway } = await bench.fragile(some(3));
      const thrown = await new OutOfBand().during(async () => {
        await goAway();
        await expect(directory.where(some(1))).rejects.toMatchObject(unavailable);
        await expect(directory.add(some(1))).rejects.toMatchObject(unavailable);
        await expect(directory.remove(some(1))).rejects.toMatchObject(unavailable);
        await bench.eventually(() => expect(sink.states).toEqual(['up', 'down']));
        await directory.drain();
        await directory.close();
      });
      expect(thrown).toEqual([]);
      expect(sink.states).toEqual(['up', 'down']);
    },
    absent: async () => {
      const before = new OpenHandles().sockets;
      const { directory, sink } = await bench.node(some(3));
      await directory.where(some(3));
      expect(new OpenHandles().sockets).toBeLessThanOrEqual(before);
      expect(sink.states).toEqual(['up']);
    },
  });

  if (!shared) return;

  book.clause('D7', 'what was said while it was away is done once it is back', async () => {
    const [kept, added, removed] = [freshUser(), freshUser(), freshUser()];
    const { directory, nodeId, sink } = await bench.node([kept, removed]);
    await bench.shared.interrupt();
    await Promise.allSettled([directory.add([added]), directory.remove([removed])]);
    await bench.eventually(async () => {
      expect(await directory.where([kept, added, removed])).toEqual([[nodeId], [nodeId], []]);
    });
    await bench.eventually(() => expect(sink.states.at(-1)).toBe('up'));
  });
}
