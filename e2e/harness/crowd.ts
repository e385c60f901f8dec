import type { Follower } from './expect-delivery.js';
import type { NodeProcess } from './node-process.js';
import { tokenFor } from './publisher.js';
import { Sightings } from './sightings.js';
import { sseReader } from './sse-reader.js';
import type { StreamReader } from './stream-reader.js';
import { wsReader } from './ws-reader.js';

export interface CrowdMember {
  readonly user: string;
  readonly groups: readonly string[];
}

/** A node as a client sees it. */
export type CrowdNode = Pick<NodeProcess, 'name' | 'base'>;

/** Clients of several users, of each an event stream on one node and by default a WebSocket on the other. */
export class Crowd {
  readonly followers: readonly Follower[];

  private constructor(followers: readonly Follower[]) {
    this.followers = followers;
  }

  /** Connects everybody, and resolves when each client has its `ready`. */
  static async connect(
    members: readonly CrowdMember[],
    [a, b]: readonly [CrowdNode, CrowdNode],
    second: 'WebSocket' | 'SSE' = 'WebSocket',
  ): Promise<Crowd> {
    const sightings = new Sightings();
    const followers = await Promise.all(
      members.map(async ({ user, groups }, index) => {
        const [here, there] = index % 2 === 0 ? [a, b] : [b, a];
        const token = await tokenFor(a.base, user, groups);
        const channels = [`user:${user}`, ...groups.map((group) => `group:${group}`), 'all'];
        const who = { token, groups, sightings };
        return [
          {
            channels,
            reader: sseReader({
              ...who,
              name: `${user} by SSE at ${here.name}`,
              nodes: [here.base, there.base],
            }),
          },
          {
            channels,
            reader: (second === 'SSE' ? sseReader : wsReader)({
              ...who,
              name: `${user} by ${second} at ${there.name}`,
              nodes: [there.base, here.base],
            }),
          },
        ];
      }),
    );
    const crowd = new Crowd(followers.flat());
    await Promise.all(crowd.followers.map(({ reader }) => reader.open()));
    return crowd;
  }

  /** Those that were connected to this node at first. */
  readersAt(node: Pick<CrowdNode, 'name'>): StreamReader[] {
    const readers = this.followers.map(({ reader }) => reader);
    return readers.filter(({ name }) => name.endsWith(` at ${node.name}`));
  }

  leave(): void {
    for (const { reader } of this.followers) reader.cut();
  }
}
