import { type Busy, busyOf, costsOf } from '../bench/sim/costs.js';
import { type Load, loadOf } from '../bench/sim/load.js';
import { readMeasured } from '../bench/sim/measured.js';
import { type Routing, routings, usualScenario } from '../bench/sim/scenario.js';

const begin = '<!-- figures, made by npm run docs:scaling -->';
const end = '<!-- end of figures -->';

/** Nodes and users online. */
const sizes: readonly (readonly [number, number])[] = [
  [2, 1_000],
  [4, 10_000],
  [10, 100_000],
  [100, 1_000_000],
  [1_000, 10_000_000],
];

interface Row extends Load, Busy {
  readonly nodes: number;
  readonly online: number;
  readonly routing: Routing;
}

/** The page with its figures as the simulation gives them now. */
export function withFigures(page: string): string {
  const [before, rest = ''] = page.split(begin);
  const [, after] = rest.split(end);
  if (before === undefined || after === undefined) throw new Error('the page has no figures');
  return `${before}${begin}\n${figures()}\n${end}${after}`;
}

function figures(): string {
  const measured = readMeasured();
  const costs = costsOf(measured);
  const rows = sizes.flatMap(([nodes, online]) =>
    routings.map((routing): Row => {
      const scenario = usualScenario(nodes, online);
      const load = loadOf(routing, scenario);
      return { nodes, online, routing, ...load, ...busyOf(routing, scenario, load, costs) };
    }),
  );
  return [
    `Measured ${measured.date} (${measured.platform}, ${measured.node}), microseconds of CPU: ${costLine(costs)}.`,
    '',
    '| nodes | users online | routing | a node receives | of those unwanted | beacons to a node | broker out, all nodes | store: appends | store: positions | node, of a core | Redis, of a core |',
    '|---|---|---|---|---|---|---|---|---|---|---|',
    ...rows.map(
      (row) =>
        `| ${[
          text(row.nodes),
          text(row.online),
          row.routing,
          ...[row.received, row.unwanted, row.beacons, row.brokerOut].map(text),
          ...[row.appends, row.positions].map(text),
          ...[row.node, row.redis].map(percent),
        ].join(' | ')} |`,
    ),
  ].join('\n');
}

function costLine(costs: ReturnType<typeof costsOf>): string {
  return Object.entries(costs)
    .map(([name, value]) => `\`${name}\` ${value >= 10 ? value.toFixed(0) : value.toFixed(1)}`)
    .join(', ');
}

/** Two significant digits. */
function text(value: number): string {
  const rounded = value === 0 ? 0 : Number(value.toPrecision(2));
  return rounded.toLocaleString('en-US', { maximumFractionDigits: 2 });
}

function percent(part: number): string {
  return `${text(part * 100)} %`;
}
