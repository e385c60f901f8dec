import { z } from 'zod';
import type { LoopFigures } from './loop-watch.js';

/** What the measurement asks of a server's process. */
export type ServerCommand =
  /** `count` messages to everybody, in one tick. */
  | { readonly do: 'broadcast'; readonly count: number }
  /** One message to everybody each `everyMs`, `count` times. */
  | { readonly do: 'broadcastSteadily'; readonly count: number; readonly everyMs: number }
  /** `ticks` times `perTick` messages, each to the next of `users`; without `everyMs` as fast as can be. */
  | {
      readonly do: 'unicast';
      readonly users: number;
      readonly ticks: number;
      readonly perTick: number;
      readonly everyMs?: number;
    }
  /** `times` one message to so many users, one after the other, each under a key of its own if `keyed`. */
  | {
      readonly do: 'audience';
      readonly users: number;
      readonly times: number;
      readonly keyed: boolean;
    }
  /** Begins to watch how long the event loop keeps others waiting; asked again, how long it did. */
  | { readonly do: 'watchLoop' }
  | { readonly do: 'loop' }
  | { readonly do: 'cpu' }
  | { readonly do: 'memory' };

/** What the measurement asks of the load generator's process. */
export type LoadCommand =
  | { readonly do: 'open'; readonly count: number; readonly inFlight: number }
  /** Answered once so many more messages than were asked for before have come. */
  | { readonly do: 'expect'; readonly count: number }
  /** Answered when nothing beyond what was expected has come for a while. */
  | { readonly do: 'settle' }
  | { readonly do: 'recordLatencies' }
  | { readonly do: 'latencies' }
  | { readonly do: 'close' };

/** The port that a server listens on. */
export const portAnswer = z.number();
export const doneAnswer = z.literal('done');
/** Microseconds of CPU, user and system, of the whole process since it began. */
export const cpuAnswer = z.number();
/** After a forced collection. */
export const memoryAnswer = z.object({ rss: z.number(), heap: z.number(), external: z.number() });
/** Milliseconds. */
export const loopAnswer: z.ZodType<LoopFigures> = z.object({
  p50: z.number(),
  p99: z.number(),
  max: z.number(),
  cpuP99: z.number(),
  cpuMax: z.number(),
});
export const latencyAnswer = z.object({ p50: z.number(), p99: z.number() });
