import type { DirectorySink, DirectoryState, PresenceChange } from '@realtime-notify/core';

/** A DirectorySink that remembers everything, for tests. */
export class RecordingDirectorySink implements DirectorySink {
  readonly resyncs: (readonly string[])[] = [];
  readonly changes: PresenceChange[] = [];
  readonly states: DirectoryState['state'][] = [];

  resync(_reason: string, userIds: readonly string[]): void {
    this.resyncs.push(userIds);
  }

  presence(changes: readonly PresenceChange[]): void {
    this.changes.push(...changes);
  }

  status({ state }: DirectoryState): void {
    this.states.push(state);
  }

  /** What was told of a user: true for online. */
  toldOf(userId: string): readonly boolean[] {
    return this.changes.filter((each) => each.userId === userId).map(({ online }) => online);
  }
}
