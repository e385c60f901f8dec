/** What we need of a connection: a client of `pg` has it. */
export interface PostgresClient {
  query(
    text: string,
    values?: unknown[],
  ): Promise<{ readonly rows: readonly Record<string, unknown>[] }>;
}

/** One that a pool lends. */
export interface LentClient extends PostgresClient {
  /** @param broken - it is closed instead of used again */
  release(broken?: boolean): void;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'notification' | 'end', listener: () => void): unknown;
  off(event: 'error', listener: (error: Error) => void): unknown;
  off(event: 'notification' | 'end', listener: () => void): unknown;
}

/** What we need of a pool: a `Pool` of `pg` has it. */
export interface PostgresPool {
  connect(use: (error: Error | undefined, client: LentClient | undefined) => void): void;
  on(event: 'error', listener: (error: Error) => void): unknown;
  off(event: 'error', listener: (error: Error) => void): unknown;
}
