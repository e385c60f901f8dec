import { randomUUID } from 'node:crypto';
import type {
  Directory,
  DirectoryCapabilities,
  DirectoryStartOptions,
} from '@realtime-notify/core';
import { afterEach } from 'vitest';
import type { ClauseBook } from '../clause-book.js';
import type { DirectoryClauseId } from '../clauses.js';
import { eventually } from '../eventually.js';
import { RecordingDirectorySink } from './recording-directory-sink.js';

/** A directory and the way to take its server from it. */
export interface FragileDirectory {
  /** Not started; it has the server until `goAway`. */
  readonly directory: Directory;
  /** Makes the server unreachable for this node, for good, as if the node had died. */
  goAway(): Promise<void>;
}

/** What only a directory that nodes share can be put through. Mandatory where `capabilities.shared`. */
export interface SharedDirectory {
  createFragile(): Promise<FragileDirectory>;
  /** Breaks the links of the running nodes, so that they come back by themselves. */
  interrupt(): Promise<void>;
  /** Makes the server forget everything. */
  loseData(): Promise<void>;
  /** The users of whom the server holds an entry, found or not. */
  usersHeld(): Promise<readonly string[]>;
}

/** What an adapter hands to {@link directoryContract}. */
export interface DirectoryContract {
  /** Shown in the report, e.g. `directory-redis`. */
  readonly name: string;
  /** What the adapter says of itself; the suite checks that it does. */
  readonly capabilities: DirectoryCapabilities;
  /**
   * Makes a directory that is not started, with short leases (half a second, say); all that are made in one
   * run are nodes of one cluster that nobody else uses. Reject with a sentence that tells what to start
   * where a service is missing.
   */
  createNode(): Directory | Promise<Directory>;
  readonly shared?: SharedDirectory;
  /** How long the suite waits for what must come, in milliseconds. Default 30,000. */
  readonly patienceMs?: number;
}

/** A started directory, and what it told. */
export interface DirectoryNode {
  readonly nodeId: string;
  readonly directory: Directory;
  readonly sink: RecordingDirectorySink;
}

/** Makes started nodes for one suite and closes them after each test. */
export class DirectoryBench {
  readonly capabilities: DirectoryCapabilities;
  readonly #contract: DirectoryContract;
  readonly #opened: Directory[] = [];

  constructor(contract: DirectoryContract) {
    this.#contract = contract;
    this.capabilities = contract.capabilities;
    if (this.capabilities.shared && contract.shared === undefined) {
      throw new Error(`${contract.name}: a shared directory must be put through 'shared' clauses`);
    }
    afterEach(async () => {
      await Promise.all(this.#opened.splice(0).map((directory) => directory.close()));
    });
  }

  get shared(): SharedDirectory {
    if (this.#contract.shared === undefined) throw new Error('the directory is not shared');
    return this.#contract.shared;
  }

  /** A started node that holds `userIds`. */
  async node(
    userIds: readonly string[] = [],
    {
      nodeId = randomUUID(),
      ...options
    }: DirectoryStartOptions & { readonly nodeId?: string } = {},
  ): Promise<DirectoryNode> {
    return this.#start(await this.#contract.createNode(), nodeId, userIds, options);
  }

  /** Those of the users of whom the server holds an entry, found or not. */
  async heldOf(userIds: readonly string[]): Promise<readonly string[]> {
    const held = new Set(await this.shared.usersHeld());
    return userIds.filter((userId) => held.has(userId));
  }

  /** A directory that nobody has started. */
  async unstarted(): Promise<Directory> {
    return this.#contract.createNode();
  }

  /** The same, and it can lose its server. */
  async fragile(
    userIds: readonly string[] = [],
  ): Promise<DirectoryNode & Pick<FragileDirectory, 'goAway'>> {
    const { directory, goAway } = await this.shared.createFragile();
    return { ...(await this.#start(directory, randomUUID(), userIds)), goAway };
  }

  /** Resolves as soon as `check` does not throw; rejects with its last failure when patience ends. */
  eventually<T>(check: () => T | Promise<T>): Promise<Awaited<T>> {
    return eventually(check, this.#contract.patienceMs);
  }

  async #start(
    directory: Directory,
    nodeId: string,
    userIds: readonly string[],
    options?: DirectoryStartOptions,
  ): Promise<DirectoryNode> {
    this.#opened.push(directory);
    const sink = new RecordingDirectorySink();
    await directory.start(nodeId, sink, options);
    if (userIds.length > 0) await directory.add(userIds);
    return { nodeId, directory, sink };
  }
}

/** What each theme of the suite is given. */
export interface DirectoryTheme {
  readonly book: ClauseBook<DirectoryClauseId>;
  readonly bench: DirectoryBench;
}

/** A user that no other test, and no other run, uses. */
export function freshUser(label = 'u'): string {
  return `${label}-${randomUUID()}`;
}
