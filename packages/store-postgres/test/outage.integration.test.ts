import { storeOutageContract } from '@realtime-notify/contract-kit';
import { privatePostgres } from '../../../scripts/private-servers/postgres.js';
import { postgresStore } from '../src/index.js';

const quick = { commandTimeoutMs: 1_000, maxReconnectDelayMs: 100 };

storeOutageContract({
  name: 'store-postgres',
  launch: () => privatePostgres(),
  create: (port, tuning) => {
    const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
    return postgresStore({ url, ...quick, ...tuning });
  },
  linkLines: {
    up: 'store-postgres: the link to PostgreSQL is up',
    down: 'store-postgres: the link to PostgreSQL is down',
  },
});
