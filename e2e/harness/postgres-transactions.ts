import { Pool } from 'pg';
import { postgresStore } from '../../packages/store-postgres/src/index.js';
import type { TransactionDriver } from './transactions.js';

/** Transactions of a host on a pool of its own. */
export function postgresTransactions(url: string): TransactionDriver & { close(): Promise<void> } {
  const pool = new Pool({ connectionString: url, max: 50 });
  pool.on('error', () => undefined);
  return {
    store: postgresStore({ url }),
    async begin() {
      const session = await pool.connect();
      await session.query('BEGIN');
      const end = async (statement: 'COMMIT' | 'ROLLBACK'): Promise<void> => {
        await session.query(statement);
        session.release();
      };
      return { session, commit: () => end('COMMIT'), rollback: () => end('ROLLBACK') };
    },
    close: () => pool.end(),
  };
}
