import { limitTable } from '../packages/core/src/limits/limit-table.js';
import { findGuardTests, type GuardTest } from './guards/guard-tests.js';
import { hostileCases } from './guards/hostile-cases.js';

export const rootDir = new URL('..', import.meta.url).pathname;

/** Every guard by its id. */
export const guardIds: readonly string[] = [
  ...Object.keys(limitTable).map((name) => `L-${name}`),
  ...Object.keys(hostileCases),
];

/** The page that says which test fails when a guard is removed. */
export function guardsPage(tests: readonly GuardTest[] = findGuardTests(rootDir)): string {
  const linked = (id: string) =>
    tests
      .filter((test) => test.id === id)
      .map(({ file, title }) => `[${plain(title)}](../${file})`)
      .join('<br>');
  const limits = Object.keys(limitTable).map(
    (name) => `| \`L-${name}\` | ${linked(`L-${name}`)} |`,
  );
  const cases = Object.entries(hostileCases).map(
    ([id, { attack, guard, outcome }]) =>
      `| \`${id}\` | ${attack} | ${guard} | ${outcome} | ${linked(id)} |`,
  );
  return [
    '# Guards and their tests',
    '',
    'Made from the table of limits, the table of hostile cases and the titles of the tests (`npm run docs:guards`). Each test fails when its guard is removed, and shows that other clients notice nothing.',
    '',
    '## Limits',
    '',
    'What each limit bounds is in [limits.md](limits.md).',
    '',
    '| guard | tests |',
    '|---|---|',
    ...limits,
    '',
    '## Hostile input',
    '',
    '| case | attack | guard | outcome | tests |',
    '|---|---|---|---|---|',
    ...cases,
    '',
  ].join('\n');
}

function plain(title: string): string {
  return title.replaceAll('%s', '...').replaceAll('|', '\\|').replaceAll(/[[\]]/g, '');
}
