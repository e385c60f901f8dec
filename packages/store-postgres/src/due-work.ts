import type { DueWork, LeasedWork, ScheduledWork, WorkLease } from '@realtime-notify/core';
import type { PoolLink } from './pool-link.js';
import { integer, type Row, text } from './rows.js';

/** An interval of so many milliseconds, given as the parameter. */
const ms = (parameter: string): string => `${parameter}::float8 * interval '1 millisecond'`;

/** Work for later in a table; each call is one statement, and its clock the server's. */
export class PostgresDueWork implements DueWork {
  readonly #link: PoolLink;
  readonly #table: string;

  constructor(link: PoolLink, schema: string) {
    this.#link = link;
    this.#table = `${schema}.due_work`;
  }

  async schedule(work: readonly ScheduledWork[]): Promise<void> {
    // A statement takes a key once; the first that names it counts.
    const rows = new Map(
      work.toReversed().map(({ key, afterMs, workJson }) => [key, { key, afterMs, workJson }]),
    );
    await this.#query(
      `INSERT INTO ${this.#table} (key, work, due_at)
       SELECT x.key, x."workJson", now() + ${ms('x."afterMs"')}
       FROM json_to_recordset($1) AS x(key text, "afterMs" float8, "workJson" text)
       ORDER BY x.key COLLATE "C"
       ON CONFLICT (key) DO UPDATE SET work = excluded.work, due_at = excluded.due_at, lease = NULL,
         attempt = 0, may_repeat = false, finished_at = NULL
       WHERE ${this.#table}.finished_at <= now() - interval '1 day'`,
      [JSON.stringify([...rows.values()])],
    );
  }

  async take(limit: number, leaseMs: number): Promise<readonly LeasedWork[]> {
    const rows = await this.#query(
      `WITH free AS (
         SELECT key, due_at FROM ${this.#table} WHERE due_at <= now()
         ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED
       ), taken AS (
         UPDATE ${this.#table} w SET lease = gen_random_uuid()::text, due_at = now() + ${ms('$2')},
           attempt = attempt + 1, may_repeat = may_repeat OR lease IS NOT NULL
         FROM free WHERE w.key = free.key
         RETURNING w.key, w.work, w.lease, w.attempt, w.may_repeat, free.due_at AS was_due_at
       ) SELECT * FROM taken ORDER BY was_due_at`,
      [limit, leaseMs],
    );
    return rows.map((row) => ({
      key: text(row.key),
      workJson: text(row.work),
      lease: text(row.lease),
      attempt: integer(row.attempt),
      mayRepeat: row.may_repeat === true,
    }));
  }

  async finish({ key, lease }: WorkLease): Promise<boolean> {
    const rows = await this.#query(
      `UPDATE ${this.#table} SET finished_at = now(), work = '', due_at = NULL, lease = NULL
       WHERE key = $1 AND lease = $2 RETURNING key`,
      [key, lease],
    );
    return rows.length > 0;
  }

  async postpone({ key, lease }: WorkLease, afterMs: number, workJson?: string): Promise<boolean> {
    const rows = await this.#query(
      `UPDATE ${this.#table} SET due_at = now() + ${ms('$3')}, work = coalesce($4, work), lease = NULL
       WHERE key = $1 AND lease = $2 RETURNING key`,
      [key, lease, afterMs, workJson],
    );
    return rows.length > 0;
  }

  async cancel(keys: readonly string[]): Promise<void> {
    await this.#query(`DELETE FROM ${this.#table} WHERE key = ANY($1) AND finished_at IS NULL`, [
      keys,
    ]);
  }

  #query(statement: string, values: unknown[]): Promise<readonly Row[]> {
    return this.#link.run(async (client) => (await client.query(statement, values)).rows);
  }
}
