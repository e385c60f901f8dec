import { test } from 'vitest';
import type { Clause } from './clauses.js';

type Body = () => Promise<void>;

/**
 * Registers the tests of a contract under their clause ids and keeps count, so that a clause
 * for which no test ran fails the suite.
 */
export class ClauseBook<Id extends string> {
  readonly #table: Readonly<Record<Id, Clause>>;
  readonly #ran = new Set<Id>();

  constructor(table: Readonly<Record<Id, Clause>>) {
    this.#table = table;
  }

  /** A test of a clause that holds for every adapter. */
  clause(id: Id, title: string, body: Body): void {
    test(`${id} ${title}`, () => this.run(id, body));
  }

  /** A test of a clause that depends on a capability: the opposite runs where it is absent. */
  capability(id: Id, present: boolean, bodies: { present: Body; absent: Body }): void {
    const { sentence, opposite } = this.#table[id];
    if (opposite === undefined) throw new Error(`clause ${id} has no opposite`);
    test(`${id} ${present ? sentence : opposite}`, () =>
      this.run(id, present ? bodies.present : bodies.absent));
  }

  /** To be called last: a test that fails when a clause of the table was never run. */
  closing(): void {
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
    const rows: [string, Clause][] = Object.entries(this.#table);
    const ran: ReadonlySet<string> = this.#ran;
    return rows.filter(([id]) => !ran.has(id)).map(([id, { sentence }]) => `${id} ${sentence}`);
  }
}
