import {
  type Directory,
  type DirectorySink,
  type DirectoryStartOptions,
  NotifyError,
  resolveOptions,
  withinMs,
} from '@realtime-notify/core';
import { directoryUnavailable } from '../driver-errors.js';
import { shardCount, shardKeys, shardOf } from './directory-keys.js';
import { DirectoryLink, type ScriptCall } from './directory-link.js';
import {
  directoryOptionsSchema,
  type RedisDirectoryOptions,
  type ResolvedDirectoryOptions,
} from './directory-options.js';
import { nodesFrom } from './directory-replies.js';
import { lookScript } from './directory-scripts.js';
import { DirectoryStatus } from './directory-status.js';
import { LeaseKeeper } from './lease-keeper.js';
import { Registrar } from './registrar.js';
import { Sweeper } from './sweeper.js';

/** Users looked up in one call at most: Redis serves nobody else meanwhile. */
const usersPerLook = 1_000;
/** How long `close` waits for Redis to hear that this node is gone. */
const farewellMs = 500;

/**
 * A Directory in Redis 6.2 or later, shared by all nodes that use the same server and `keyPrefix`.
 * Promises D1 to D10. It holds one connection, to the master where Sentinels watch one.
 *
 * A user's entry is a field of one of 16 hashes `<keyPrefix>sse_connections:{n}`: the ids of the nodes
 * that hold the user. A node's leases last `leaseMs` by the clock of Redis and are renewed three times in
 * that time; what it held when they end is taken out by the other nodes, 500 users a call. A node that
 * finds its leases ended, or entries missing, registers all its users again and reports `resync`. After a
 * link was made anew, and so after a failover, it compares whom Redis holds for it, and mends what differs.
 *
 * On a Cluster (7.0 or later) it holds a connection to each master, and the parts are shared among them. While
 * a master is away, calls for users in its parts reject: `where` where any of the users asked about stands
 * there; all others are found as before. The state is `down` until every part is back. A script is run
 * again only where a master refused it because the slot is elsewhere. Keep `commandTimeoutMs` below half of
 * `leaseMs`: a master that is silent delays the renewals at the others by that.
 *
 * While Redis is away calls reject with `DIRECTORY_UNAVAILABLE` within `commandTimeoutMs`. `start`
 * rejects with it where Redis or a Sentinel refuses credentials or rights, or a certificate is not
 * accepted; the directory is closed then.
 * @throws NotifyError `OPTIONS_INVALID`
 */
export function redisDirectory(options: RedisDirectoryOptions): Directory {
  return new RedisDirectory(resolveOptions(directoryOptionsSchema, options, 'redisDirectory'));
}

/** What exists from `start` on. */
interface Running {
  readonly link: DirectoryLink;
  readonly status: DirectoryStatus;
  /** Absent where this node only looks users up. */
  readonly member: Member | undefined;
}

interface Member {
  readonly registrar: Registrar;
  readonly keeper: LeaseKeeper;
  readonly sweeper: Sweeper;
}

class RedisDirectory implements Directory {
  readonly capabilities = Object.freeze({ shared: true });
  readonly #options: ResolvedDirectoryOptions;
  readonly #looks: readonly { readonly connections: string; readonly leases: string }[];
  #running: Running | undefined;
  #draining = false;
  #closed = false;

  constructor(options: ResolvedDirectoryOptions) {
    this.#options = options;
    this.#looks = Array.from({ length: shardCount }, (_, i) => shardKeys(options.keyPrefix, i));
  }

  async start(
    nodeId: string,
    sink: DirectorySink,
    { publishOnly = false }: DirectoryStartOptions = {},
  ): Promise<void> {
    if (this.#closed) throw closedError();
    if (this.#running !== undefined) return;
    if (!/^[\w.:-]{1,100}$/.test(nodeId)) {
      throw new NotifyError('OPTIONS_INVALID', 'a node id has 1 to 100 of A-Z a-z 0-9 _ . : -');
    }
    const running = this.#assemble(nodeId, sink, publishOnly);
    this.#running = running;
    running.link.open();
    await running.status.known;
    if (this.#closed) throw closedError();
    const { refusal } = running.status;
    if (refusal === undefined) return;
    await this.close();
    throw refusal;
  }

  async add(userIds: readonly string[]): Promise<void> {
    await this.#member().registrar.want(userIds);
  }

  async remove(userIds: readonly string[]): Promise<void> {
    await this.#member().registrar.unwant(userIds);
  }

  async where(userIds: readonly string[]): Promise<readonly (readonly string[])[]> {
    const { link } = this.#started();
    const placesOf = new Map<number, number[]>();
    for (const [place, userId] of userIds.entries()) {
      const shard = shardOf(userId);
      const places = placesOf.get(shard);
      if (places === undefined) placesOf.set(shard, [place]);
      else places.push(place);
    }
    const looks: { readonly places: readonly number[]; readonly call: ScriptCall }[] = [];
    for (const [shard, all] of placesOf) {
      const { connections, leases } =
        this.#looks[shard] ?? shardKeys(this.#options.keyPrefix, shard);
      for (let from = 0; from < all.length; from += usersPerLook) {
        const places = all.slice(from, from + usersPerLook);
        const args = places.map((place) => userIds[place] ?? '');
        looks.push({ places, call: { script: lookScript, keys: [connections, leases], args } });
      }
    }
    const replies = await link.run(looks.map(({ call }) => call));
    if (this.#closed) throw closedError();
    const nodes: (readonly string[])[] = userIds.map(() => []);
    for (const [i, { places }] of looks.entries()) {
      const found = nodesFrom(replies[i]);
      if (NotifyError.is(found)) throw found;
      for (const [n, place] of places.entries()) nodes[place] = found[n] ?? [];
    }
    return nodes;
  }

  async drain(): Promise<void> {
    const member = this.#running?.member;
    if (member === undefined || this.#draining || this.#closed) return;
    this.#draining = true;
    member.keeper.stop();
    member.sweeper.close();
    await member.registrar.leave();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const running = this.#running;
    if (running === undefined) return;
    const { status, link, member } = running;
    status.close();
    member?.keeper.stop();
    member?.sweeper.close();
    if (member !== undefined && !this.#draining && link.isReachable) {
      const late = () => directoryUnavailable('no farewell');
      await withinMs(member.registrar.endLeases(), farewellMs, late).catch(() => undefined);
    }
    await link.close();
  }

  #assemble(nodeId: string, sink: DirectorySink, publishOnly: boolean): Running {
    const { source, logger } = this.#options;
    const status = new DirectoryStatus(sink, logger);
    const link = new DirectoryLink(source, this.#options, {
      ready: () => {
        if (member === undefined) return status.up();
        member.registrar.doubt();
        member.keeper.ready();
      },
      lost: (error) =>
        member === undefined
          ? status.down(directoryUnavailable('no link to Redis', error))
          : member.keeper.lost(error),
    });
    const member = publishOnly ? undefined : this.#memberFor(nodeId, sink, link, status);
    return { link, status, member };
  }

  #memberFor(
    nodeId: string,
    sink: DirectorySink,
    link: DirectoryLink,
    status: DirectoryStatus,
  ): Member {
    const sweeper = new Sweeper(link, (changes) => sink.presence(changes));
    const registrar = new Registrar(nodeId, this.#options, link, {
      presence: (changes) => {
        if (!this.#closed) sink.presence(changes);
      },
      found: (userIds) => {
        if (!this.#closed) sink.resync('the directory had lost users of this node', userIds);
      },
      ended: (shard, nodeIds) => sweeper.sweep(shard, nodeIds),
    });
    const keeper = new LeaseKeeper(this.#options, link, () => registrar.beat(), status);
    return { registrar, keeper, sweeper };
  }

  #member(): Member {
    const { member } = this.#started();
    if (member === undefined) {
      throw new NotifyError('PUBLISH_ONLY', 'the Redis directory was started to look up only');
    }
    if (this.#draining) throw closedError();
    return member;
  }

  #started(): Running {
    if (this.#closed) throw closedError();
    if (this.#running === undefined) {
      throw new NotifyError('NOT_STARTED', 'the Redis directory is not started');
    }
    return this.#running;
  }
}

function closedError(): NotifyError {
  return new NotifyError('CLOSED', 'the Redis directory is closed');
}
