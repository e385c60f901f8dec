import type { Figures } from '../benches/bench.js';
import { variantOf } from '../variants.js';
import { percentile } from './percentile.js';
import type { VariantResult } from './results.js';

/** Medians over the rounds, and their ratios to the first variant of each family. */
export function summarise(
  rounds: ReadonlyMap<string, readonly Figures[]>,
): readonly VariantResult[] {
  const bases = new Map<string, Figures>();
  return [...rounds].map(([variant, figures]) => {
    const medians = mediansOf(figures);
    const { family } = variantOf(variant);
    const base = bases.get(family) ?? medians;
    bases.set(family, base);
    const ratios = Object.entries(medians).map(([name, value]) => [
      name,
      value / (base[name] ?? Number.NaN),
    ]);
    return { variant, medians, ratios: Object.fromEntries(ratios), rounds: figures };
  });
}

/** The table's rows: each figure with its ratio. */
export function rowsOf(results: readonly VariantResult[]): readonly Record<string, string>[] {
  return results.map(({ variant, medians, ratios }) => {
    const cells = Object.entries(medians).map(([name, value]) => [
      name,
      `${value.toPrecision(3)} (${(ratios[name] ?? Number.NaN).toFixed(2)})`,
    ]);
    return { variant, ...Object.fromEntries(cells) };
  });
}

function mediansOf(rounds: readonly Figures[]): Figures {
  const names = Object.keys(rounds[0] ?? {});
  return Object.fromEntries(
    names.map((name) => [
      name,
      percentile(
        rounds.map((round) => round[name] ?? Number.NaN),
        50,
      ),
    ]),
  );
}
