import { type FragileStore, tcpProxy } from '@realtime-notify/contract-kit';
import {
  type PostgresStoreOptions,
  type PostgresStoreSettings,
  postgresStore,
} from '../src/index.js';
import { postgresUrl } from './test-postgres.js';

/** A store whose server can be taken from it. */
export async function fragileStore(
  settings: PostgresStoreSettings,
  addressOf: (url: string) => PostgresStoreOptions = (url) => ({ url }),
): Promise<FragileStore> {
  const url = new URL(postgresUrl);
  const { port, goAway } = await tcpProxy(Number(url.port));
  url.port = String(port);
  url.hostname = '127.0.0.1';
  return { store: postgresStore({ ...addressOf(url.href), ...settings }), goAway };
}
