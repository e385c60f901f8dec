import { once } from 'node:events';
import { Socket } from 'node:net';
import { withinMs } from '@realtime-notify/core';
import { Pool, type PoolConfig } from 'pg';
import type { PostgresPool } from './postgres-client.js';
import type { OwnPoolSource } from './store-options.js';

/** Longest wait for the server to take its leave of idle connections. */
const farewellMs = 1_000;

/** A pool that we made and may close. */
export interface OwnPool {
  readonly pool: PostgresPool;
  /** Ends all connections, at once where one is in use or does not answer. */
  close(): Promise<void>;
}

/** Makes the pool, which connects when it is first used. This file alone uses `pg`. */
export function ownPool(source: OwnPoolSource, commandTimeoutMs: number): OwnPool {
  // Ours, so that none is left behind when the server has fallen silent.
  const sockets = new Set<Socket>();
  const stream = (): Socket => {
    const socket = new Socket();
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    return socket;
  };
  const pool = new Pool({ ...configOf(source, commandTimeoutMs), stream });
  return {
    pool,
    async close() {
      for (const socket of sockets) if (socket.connecting) socket.destroy();
      // Waits for ever where a server does not answer; what counts is that the sockets have gone.
      void pool.end();
      const gone = Promise.all([...sockets].map((socket) => once(socket, 'close')));
      await withinMs(gone, farewellMs, () => new Error('no farewell')).catch(() => {
        for (const socket of sockets) socket.destroy();
      });
    },
  };
}

function configOf(source: OwnPoolSource, commandTimeoutMs: number): PoolConfig {
  const { url, username, password, tls, maxConnections = 10 } = source;
  const address = new URL(url);
  // What is in the address would win over what stands beside it.
  if (username !== undefined) address.username = encodeURIComponent(username);
  if (password !== undefined) address.password = encodeURIComponent(password);
  return {
    connectionString: address.href,
    max: maxConnections,
    application_name: 'realtime-notify-store',
    connectionTimeoutMillis: commandTimeoutMs,
    // Before we give a call up ourselves, and the connection with it.
    statement_timeout: Math.ceil(commandTimeoutMs * 0.9),
    // What a node that was stopped held is let go.
    idle_in_transaction_session_timeout: commandTimeoutMs,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    ...(tls === undefined ? {} : { ssl: typeof tls === 'boolean' ? tls : { ...tls } }),
  };
}
