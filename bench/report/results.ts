import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Bench, Figures } from '../benches/bench.js';
import { canPin } from '../processes/can-pin.js';
import { settings } from '../settings.js';

/** A variant's medians, against the first of its family, and what they are the medians of. */
export interface VariantResult {
  readonly variant: string;
  readonly medians: Figures;
  readonly ratios: Figures;
  readonly rounds: readonly Figures[];
}

const resultsDir = fileURLToPath(new URL('../results/', import.meta.url));

/** Writes `<bench>-<date>.json`; resolves with its path. */
export async function writeResults(
  bench: Bench,
  connections: number,
  rounds: number,
  results: readonly VariantResult[],
): Promise<string> {
  const date = new Date().toISOString().slice(0, 10);
  const dir = settings.RESULTS_DIR ?? resultsDir;
  const path = join(dir, `${bench.name}-${date}.json`);
  const report = {
    bench: bench.name,
    title: bench.title,
    date,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpus: availableParallelism(),
    pinned: canPin(),
    packages: process.execArgv.some((arg) => arg.includes('@realtime-notify/source'))
      ? 'source'
      : 'built',
    settings: { connections, rounds, ...bench.settings },
    results,
  };
  await mkdir(dir, { recursive: true });
  await writeFile(path, `${JSON.stringify(report, rounded, 2)}\n`);
  return path;
}

function rounded(_: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(4)) : value;
}
