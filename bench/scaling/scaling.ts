import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { settings } from '../settings.js';
import { routings } from '../sim/scenario.js';
import { measureChecks, measurePoints, type Point } from './measure.js';

const resultsDir = fileURLToPath(new URL('../results/', import.meta.url));

/**
 * Measures two to four nodes as processes and writes `scaling.json`, from which the simulation has its
 * costs. With `KAFKA_BROKERS` fan-out over Kafka as well.
 */
export async function scaling(): Promise<void> {
  const kafka = process.env.KAFKA_BROKERS;
  const points: Point[] = [];
  for (const nodes of [2, 3, 4]) {
    for (const routing of routings) {
      if (routing === 'fanout' && kafka === undefined) continue;
      process.stderr.write(`${nodes} nodes, ${routing}\n`);
      const addresses = routing === 'fanout' ? kafka : undefined;
      points.push(...(await measurePoints(nodes, routing, addresses)));
    }
  }
  const report = {
    bench: 'scaling',
    date: new Date().toISOString().slice(0, 10),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpus: availableParallelism(),
    check: await measureChecks(),
    points,
  };
  console.table(
    points.map(({ routing, nodes, to, received, nodeCpu, redisCpu }) => ({
      ...{ routing, nodes, to },
      'received by each node': received.map((each) => each.toFixed(2)).join(' '),
      'CPU us of each node': nodeCpu.map((each) => each.toFixed(0)).join(' '),
      'CPU us of Redis': redisCpu.toFixed(0),
    })),
  );
  const dir = settings.RESULTS_DIR ?? resultsDir;
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, 'scaling.json'), `${JSON.stringify(report, rounded, 2)}\n`);
}

function rounded(_: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(4)) : value;
}
