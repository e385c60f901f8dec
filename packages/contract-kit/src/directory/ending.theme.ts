import { expect } from 'vitest';
import { OpenHandles } from '../open-handles.js';
import { type DirectoryTheme, freshUser } from './directory-harness.js';

export function endingTheme({ book, bench }: DirectoryTheme): void {
  const { shared } = bench.capabilities;

  book.clause('D10', 'a node that drained holds nobody', async () => {
    const users = Array.from({ length: 700 }, () => freshUser());
    const { directory, sink } = await bench.node(users);
    await directory.drain();
    for (const userId of users) expect(sink.toldOf(userId)).toEqual([true, false]);
    if (shared) expect(await bench.heldOf(users)).toEqual([]);
    await directory.close();
  });

  book.clause('D10', 'close is idempotent, and calls after it reject', async () => {
    const { directory, sink } = await bench.node([freshUser()]);
    await directory.close();
    const told = [sink.changes.length, sink.states.length];
    await directory.close();
    await directory.drain();
    const closed = { code: 'CLOSED' };
    await expect(directory.add([freshUser()])).rejects.toMatchObject(closed);
    await expect(directory.remove([freshUser()])).rejects.toMatchObject(closed);
    await expect(directory.where([freshUser()])).rejects.toMatchObject(closed);
    await expect(directory.start('again', sink)).rejects.toMatchObject(closed);
    expect([sink.changes.length, sink.states.length]).toEqual(told);
  });

  book.clause('D10', 'a directory that is not started says so', async () => {
    const { directory } = await bench.node();
    expect(await directory.where([freshUser()])).toEqual([[]]);
    const fresh = await bench.unstarted();
    await expect(fresh.where([freshUser()])).rejects.toMatchObject({ code: 'NOT_STARTED' });
    await fresh.close();
  });

  book.clause('D10', 'pending calls settle when it is closed', async () => {
    const { directory } = await bench.node();
    const pending = Promise.allSettled([
      directory.add([freshUser()]),
      directory.where([freshUser()]),
      directory.remove([freshUser()]),
    ]);
    await directory.close();
    await pending;
  });

  book.clause('D10', 'no socket and no timer is left after close', async () => {
    const before = new OpenHandles();
    // Several, so that a timer of each stands out among those of the test runner.
    for (let i = 0; i < 5; i += 1) {
      const { directory } = await bench.node([freshUser()]);
      await directory.close();
      if (!shared) continue;
      const fragile = await bench.fragile([freshUser()]);
      await fragile.goAway();
      await fragile.directory.close();
    }
    await bench.eventually(() => before.mustCoverAll());
  });

  if (!shared) return;

  book.clause('D10', 'a node that closed is found by nobody, and vanishes', async () => {
    const users = Array.from({ length: 20 }, () => freshUser());
    const living = await bench.node();
    const { directory } = await bench.node(users);
    await directory.close();
    expect(await living.directory.where(users)).toEqual(users.map(() => []));
    await bench.eventually(async () => expect(await bench.heldOf(users)).toEqual([]));
  });
}
