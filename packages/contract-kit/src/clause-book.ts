import { test } from 'vitest';
import type { Clause } from './clauses.js';

type Body = () => Promise<void>;

/**
 * How a contract's tests run, whatever the host's configuration says: one after the other, since
 * they look at the sockets and the unhandled rejections of the whole process, and the last one last.
 */
export const inOrder = { concurrent: false, shuffle: false } as const;

/**
 * Registers the tests of a contract under their clause ids and keeps count, so that no clause is
 * passed by leaving it out:
 * - a clause for which no test is registered fails while the file is loaded, whatever is filtered;
 * - a clause whose tests were all skipped, or left out by a pattern, fails the suite's last test;
 * - a clause whose test began counts as run: what fails is reported once, under its own id.
 *
 * Only a filter that leaves out the last test, too, is not a run of the suite, and shows as skipped.
 */
export class ClauseBook<Id extends string> {
  readonly #table: Readonly<Record<Id, Clause>>;
  readonly #registered = new Set<string>();
  readonly #ran = new Set<string>();

  constructor(table: Readonly<Record<Id, Clause>>) {
    this.#table = table;
  }

  /** A test of a clause that holds for every adapter. */
  clause(id: Id, title: string, body: Body): void {
    this.#register(id, title, body);
  }

  /** A test of a clause that depends on a capability: the opposite runs where it is absent. */
  capability(id: Id, present: boolean, bodies: { present: Body; absent: Body }): void {
    const { sentence, opposite } = this.#table[id];
    if (opposite === undefined) throw new Error(`clause ${id} has no opposite`);
    this.#register(id, present ? sentence : opposite, present ? bodies.present : bodies.absent);
  }

  /** To be called last: a test that fails when a clause of the table was never run. */
  closing(): void {
    const untested = this.#without(this.#registered);
    if (untested.length > 0) throw new Error(`no test is registered: ${untested.join('; ')}`);
    test('every clause of the table was run', () => {
      const missing = this.missing();
      if (missing.length > 0) throw new Error(`never run: ${missing.join('; ')}`);
    });
  }

  async run(id: Id, body: Body): Promise<void> {
    this.#ran.add(id);
    await body();
  }

  /** The clauses for which nothing ran, with their sentences. */
  missing(): string[] {
    return this.#without(this.#ran);
  }

  #register(id: Id, title: string, body: Body): void {
    this.#registered.add(id);
    test(`${id} ${title}`, () => this.run(id, body));
  }

  #without(done: ReadonlySet<string>): string[] {
    const rows: [string, Clause][] = Object.entries(this.#table);
    return rows.filter(([id]) => !done.has(id)).map(([id, { sentence }]) => `${id} ${sentence}`);
  }
}
