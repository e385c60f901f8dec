import { NotifyError } from '../errors/notify-error.js';
import { type LimitName, limitTable } from './limit-table.js';

/** How often each limit was reached on this node since it was made. */
export type LimitCounts = Readonly<Record<LimitName, number>>;

/** Counts how often limits were reached. One per notifier, shared by its transports and handlers. */
export class LimitCounters {
  readonly #counts = new Map<LimitName, number>();

  /** Notes that a limit was reached. */
  count(name: LimitName): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  /** Notes it and makes the error that says so; `returnMs` is when trying again makes sense. */
  exceeded(
    name: LimitName,
    message: string,
    { code = 'LIMIT_EXCEEDED', returnMs }: LimitError = {},
  ): NotifyError {
    this.count(name);
    return new NotifyError(code, message, returnMs === undefined ? {} : { returnMs });
  }

  /** All counters, 0 for what was never reached. */
  snapshot(): LimitCounts {
    const counts: Partial<Record<LimitName, number>> = {};
    for (const name of limitNames()) counts[name] = this.#counts.get(name) ?? 0;
    return Object.freeze(counts as Record<LimitName, number>);
  }
}

/** How a reached limit is told. */
export interface LimitError {
  readonly code?: 'LIMIT_EXCEEDED' | 'OVERLOADED' | 'DATA_TOO_LARGE' | 'AUDIENCE_INVALID';
  readonly returnMs?: number;
}

function limitNames(): readonly LimitName[] {
  return Object.keys(limitTable).filter((name): name is LimitName => name in limitTable);
}
