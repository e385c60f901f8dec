import type { Dialect } from './load/dialects.js';
import type { StartServer } from './servers/bench-server.js';

/** One way to push to many clients, measured in a process of its own. */
export interface Variant {
  /** Ratios are taken against the first variant of a family. */
  readonly family: 'ws' | 'sse';
  readonly dialect: Dialect;
  /** Imported by the server's process only, so that no variant carries another's code. */
  readonly load: () => Promise<{ readonly start: StartServer }>;
  /** Its server is given a Redis. Runs only where it is named, or a bench asks for it. */
  readonly onRedis?: true;
  /** Breaks the promise on purpose, to show that the receivers notice. Runs only where it is named. */
  readonly faulty?: true;
}

/** The peers, and ours with JWT, offsets and cursors on. */
export const variants: Readonly<Record<string, Variant>> = {
  'ws-naive': { family: 'ws', dialect: 'ws', load: () => import('./servers/ws-naive.js') },
  'ws-framed': { family: 'ws', dialect: 'ws', load: () => import('./servers/ws-framed.js') },
  'socket.io': { family: 'ws', dialect: 'socket.io', load: () => import('./servers/socket-io.js') },
  'ours-ws': { family: 'ws', dialect: 'ours-ws', load: () => import('./servers/ours-ws.js') },
  'ours-redis': {
    family: 'ws',
    dialect: 'ours-ws',
    load: () => import('./servers/ours-redis.js'),
    onRedis: true,
  },
  'sse-raw': { family: 'sse', dialect: 'sse', load: () => import('./servers/sse-raw.js') },
  'better-sse': {
    family: 'sse',
    dialect: 'better-sse',
    load: () => import('./servers/better-sse.js'),
  },
  'ours-sse': { family: 'sse', dialect: 'ours-sse', load: () => import('./servers/ours-sse.js') },
  'ws-lossy': {
    family: 'ws',
    dialect: 'ws',
    load: () => import('./servers/ws-lossy.js'),
    faulty: true,
  },
};

/** Those that peers are compared with, and the peers. */
export const usualVariants: readonly string[] = Object.entries(variants).flatMap(
  ([name, { faulty, onRedis }]) => (faulty || onRedis ? [] : [name]),
);

/** @throws Error that lists the names where there is no such variant */
export function variantOf(name: string): Variant {
  const variant = variants[name];
  if (variant === undefined) throw new Error(`variants: ${Object.keys(variants).join(', ')}`);
  return variant;
}
