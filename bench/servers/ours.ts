import { jwtAuthenticator } from '@realtime-notify/auth-jwt';
import {
  type Authenticate,
  type Broker,
  createNotifier,
  defineCatalogue,
  type Notifier,
  type Store,
} from '@realtime-notify/core';
import { z } from 'zod';
import type { BenchServer } from './bench-server.js';

const schemas = { message: z.object({ text: z.string() }) };

/** What both of our transports are given. */
export interface Ours extends Omit<BenchServer, 'server'> {
  readonly notifier: Notifier<typeof schemas>;
  readonly authenticate: Authenticate;
}

/** A notifier with its defaults, on memory unless said otherwise; JWT, offsets and cursors on. */
export async function startOurs(
  secret: string,
  parts: { readonly store?: Store; readonly broker?: Broker } = {},
): Promise<Ours> {
  const notifier = createNotifier({
    ...parts,
    catalogue: defineCatalogue(schemas),
    // So that feeds of the warm-up are gone before memory is measured.
    feedGraceMs: 200,
    // One machine plays all clients, as fast as it can.
    maxConnectionsPerIp: 100_000,
    maxConnectsPerSecond: 100_000,
    maxConnectsPerSecondPerIp: 100_000,
  });
  await notifier.start();
  return {
    notifier,
    authenticate: jwtAuthenticator({ secret }),
    broadcast: async (messages) => {
      await Promise.all(
        messages.map((data) => notifier.notify({ to: { all: true }, type: 'message', data })),
      );
    },
    unicast: async (messages) => {
      await Promise.all(
        messages.map(({ userId, data }) =>
          notifier.notify({ to: { user: userId }, type: 'message', data }),
        ),
      );
    },
    toAudience: async ({ users, ...message }) => {
      await notifier.notify({ to: { users }, type: 'message', ...message });
    },
  };
}
