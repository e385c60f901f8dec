import type { Bench, Figures } from './benches/bench.js';
import { Pair } from './processes/pair.js';
import { writeResults } from './report/results.js';
import { rowsOf, summarise } from './report/summarise.js';
import { settings } from './settings.js';
import { usualVariants, variantOf } from './variants.js';

/**
 * Takes every variant through a bench, in interleaved rounds, each in fresh processes; prints the
 * table and writes the results. Rejects where a receiver got anything but each message once, in order.
 */
export async function run(bench: Bench): Promise<void> {
  const connections = settings.CONNECTIONS ?? bench.connections;
  const rounds = settings.ROUNDS ?? bench.rounds;
  const variants = settings.VARIANTS ?? bench.variants ?? usualVariants;
  for (const variant of variants) variantOf(variant);
  const figures = new Map<string, Figures[]>(variants.map((variant) => [variant, []]));
  for (let round = 1; round <= rounds; round += 1) {
    for (const [variant, taken] of figures) {
      process.stderr.write(`round ${round} of ${rounds}: ${variant}\n`);
      taken.push(await measured(bench, variant, connections));
    }
  }
  const results = summarise(figures);
  process.stdout.write(`${bench.name}: ${bench.title}; ${connections} connections\n`);
  console.table(rowsOf(results));
  process.stdout.write('in brackets: against the first variant of the family\n');
  await writeResults(bench, connections, rounds, results);
}

async function measured(bench: Bench, variant: string, connections: number): Promise<Figures> {
  try {
    return await Pair.with(variant, (pair) => bench.measure(pair, connections));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${variant}: ${reason}`, { cause });
  }
}
