import type { Pair } from '../processes/pair.js';

/** Figures of one variant in one round, by name; lower is better. */
export type Figures = Readonly<Record<string, number>>;

/** A measurement that every variant goes through. */
export interface Bench {
  readonly name: string;
  /** What is measured, and how it was set, for the reader of the results. */
  readonly title: string;
  readonly connections: number;
  readonly rounds: number;
  /** What goes through it unless others are named; default all of one node on memory. */
  readonly variants?: readonly string[];
  /** What beside connections and rounds shapes the figures. */
  readonly settings: Readonly<Record<string, number>>;
  measure(pair: Pair, connections: number): Promise<Figures>;
}
