import type { GroupLink } from './group-link.js';
import { typeOf } from './group-membership.js';

/** What the coordinator says while the link to it is as it should be. */
const saidByCoordinator: ReadonlySet<string | undefined> = new Set([
  'UNKNOWN_MEMBER_ID',
  'ILLEGAL_GENERATION',
  'REBALANCE_IN_PROGRESS',
]);

/** The coordinator of a group for short questions, over one connection that is made anew after a failure. */
export class GroupCoordinator {
  readonly #connect: () => Promise<GroupLink>;
  #link: Promise<GroupLink> | undefined;

  constructor(connect: () => Promise<GroupLink>) {
    this.#connect = connect;
  }

  async ask<T>(question: (link: GroupLink) => Promise<T>): Promise<T> {
    this.#link ??= this.#connect();
    const asked = this.#link;
    try {
      return await question(await asked);
    } catch (error) {
      if (!saidByCoordinator.has(typeOf(error)) && this.#link === asked) await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    const link = this.#link;
    this.#link = undefined;
    await link?.then(
      (open) => open.close(),
      () => {},
    );
  }
}

/** Whether a group with members refused a commit of somebody who is none, or not any more. */
export function isRefusedByGroup(error: unknown): boolean {
  return saidByCoordinator.has(typeOf(error));
}
