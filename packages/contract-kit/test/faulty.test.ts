import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';

const folder = join(import.meta.dirname, 'faulty');

/** The file of each broken adapter, and the clauses that must be red for it: these and no others. */
const redClauses = {
  'broker/no-fault': [],
  'broker/acknowledges-too-early': ['B2', 'B8'],
  'broker/delivers-after-close': ['B8'],
  'broker/drains-too-early': ['B-DRAIN'],
  'broker/drops-every-tenth': ['B-DRAIN', 'B1', 'B2', 'B3', 'B9'],
  'broker/hands-over-garbage': ['B6'],
  'broker/ignores-publish-only': ['B9'],
  'broker/ignores-unsubscribe': ['B-INTEREST'],
  'broker/is-up-before-it-resyncs': ['B-STATUS', 'B4'],
  'broker/leaves-a-timer': ['B8'],
  'broker/never-resyncs': ['B-STATUS', 'B4', 'B7', 'B9'],
  'broker/reorders': ['B3'],
  'broker/rewrites-the-data': ['B1'],
  'broker/says-up-again': ['B-STATUS', 'B4', 'B9'],
  'broker/throws-out-of-band': ['B7'],
  'broker/queues-without-limit': ['B5'],
  'directory/no-fault': [],
  'directory/answers-out-of-order': ['D3', 'D4'],
  'directory/believes-the-clock-of-the-node': ['D9'],
  'directory/forgets-to-remove': ['D3', 'D8'],
  'directory/ignores-publish-only': ['D-LOOK-ONLY'],
  'directory/leaves-a-timer': ['D10'],
  'directory/says-shared': ['D-LOOK-ONLY', 'D1', 'D2', 'D6', 'D7', 'D8', 'D9'],
  'directory/stays-after-drain': ['D10'],
  'directory/tells-each-add': ['D10', 'D8'],
  'due-work/no-fault': [],
  'due-work/believes-the-clock-of-the-node': ['W6'],
  'due-work/calls-every-second-attempt-a-repetition': ['W-MODEL', 'W4'],
  'due-work/cancels-only-what-waits': ['W-MODEL', 'W5'],
  'due-work/drains-too-early': ['W-DRAIN'],
  'due-work/finishes-under-any-lease': ['W-MODEL', 'W4'],
  'due-work/forgets-the-new-text': ['W4'],
  'due-work/gives-one-piece-twice': ['W1'],
  'due-work/hides-that-it-may-repeat': ['W3'],
  'due-work/leaves-a-timer': ['W-CLOSE'],
  'due-work/never-ends-a-lease': ['W3', 'W4'],
  'due-work/postpones-to-now': ['W-MODEL', 'W4'],
  'due-work/schedules-again-what-is-finished': ['W-MODEL', 'W2', 'W5'],
  'due-work/schedules-over-what-waits': ['W-MODEL', 'W2'],
  'due-work/takes-more-than-the-limit': ['W1'],
  'due-work/takes-the-newest-first': ['W1'],
  'due-work/takes-too-early': ['W1'],
  'outbox/no-fault': [],
  'outbox/no-fault-shared': [],
  'outbox/appends-at-the-put': ['O-MODEL', 'O1'],
  'outbox/appends-before-it-takes-out': ['O-KILLED'],
  'outbox/appends-the-newest-commit-first': ['O-MODEL', 'O-SESSION', 'O2', 'O3', 'O6'],
  'outbox/drains-too-early': ['O-DRAIN'],
  'outbox/hides-a-conflict': ['O5'],
  'outbox/is-shared-after-all': ['O-CLOSE', 'O-KILLED', 'O-SHARED'],
  'outbox/keeps-what-it-relayed': ['O-MODEL', 'O-SHARED', 'O2', 'O3'],
  'outbox/leaves-a-timer': ['O-CLOSE'],
  'outbox/loses-every-tenth': ['O-MODEL', 'O2', 'O3', 'O4', 'O7'],
  'outbox/never-says-more': ['O4'],
  'outbox/reverses-a-put': ['O-MODEL', 'O1', 'O2', 'O3', 'O4', 'O5'],
  'outbox/says-shared': ['O-AWAY', 'O-SHARED', 'O2', 'O3'],
  'outbox/stops-at-a-conflict': ['O-SHARED', 'O5'],
  'outbox/takes-out-before-it-appends': ['O-KILLED'],
  'outbox/takes-any-session': ['O-SESSION'],
  'outbox/takes-more-than-asked': ['O4'],
  'outbox/tells-nobody': ['O6'],
  'outbox/tells-who-stopped': ['O6'],
  'outbox/waits-for-other-transactions': ['O-MODEL', 'O7'],
  'store-outage/no-fault': [],
  'store-outage/forgets-when-killed': ['S-KILLED'],
  'store-outage/logs-each-attempt': ['S-LINK-LOG'],
  'store-outage/never-comes-back': ['S-CUT', 'S-HALF-OPEN', 'S-KILLED', 'S-LINK-LOG', 'S-STOPPED'],
  'store-outage/says-goodbye': ['S-SILENT-CLOSE'],
  'store-outage/sends-again': ['S-CUT', 'S-STOPPED'],
  'store-outage/starts-without-a-server': ['S-LATE', 'S-START-CLOSED'],
  'store-outage/waits-for-ever': ['S-HALF-OPEN', 'S-STOPPED'],
  'store/no-fault': [],
  'store/believes-the-publishers-clock': ['S11'],
  'store/doubts-every-floor': ['S12'],
  'store/drains-too-early': ['S-DRAIN'],
  'store/changes-from-anywhere': ['S15'],
  'store/forgets-appended-items': [
    'S-MODEL',
    'S1',
    'S10',
    'S11',
    'S12',
    'S14',
    'S15',
    'S16',
    'S3',
    'S5',
    'S6',
    'S7',
    'S8',
  ],
  'store/forgets-the-state-with-the-log': ['S16'],
  'store/forgets-the-predecessor': ['S-MODEL', 'S14', 'S2'],
  'store/forgets-the-old-only-at-appends': ['S11', 'S13', 'S16'],
  'store/hides-that-the-old-have-gone': ['S11'],
  'store/ignores-the-bytes': ['S-MODEL', 'S10'],
  'store/ignores-the-bytes-of-a-page': ['S13'],
  'store/ignores-the-classes': ['S10', 'S11'],
  'store/ignores-the-floor': ['S12', 'S14'],
  'store/ignores-the-digest': ['S-MODEL', 'S3', 'S4'],
  'store/leaves-a-timer': ['S-CLOSE'],
  'store/lets-the-newest-go': ['S-MODEL', 'S10'],
  'store/moves-the-head-on-trim': ['S-MODEL', 'S5', 'S6'],
  'store/names-what-is-in-the-page': ['S-MODEL', 'S14'],
  'store/never-forgets-the-old': ['S11', 'S16'],
  'store/renews-any-epoch': ['S-MODEL', 'S8'],
  'store/repeats-an-offset': [
    'S-MODEL',
    'S1',
    'S10',
    'S11',
    'S12',
    'S13',
    'S14',
    'S15',
    'S2',
    'S5',
    'S6',
    'S7',
  ],
  'store/returns-pages-out-of-order': ['S-MODEL', 'S1', 'S10', 'S11', 'S4'],
  'store/skips-an-offset': [
    'S-MODEL',
    'S1',
    'S10',
    'S11',
    'S12',
    'S13',
    'S14',
    'S15',
    'S2',
    'S5',
    'S6',
    'S7',
  ],
  'store/trims-in-the-middle': ['S-MODEL', 'S10', 'S11', 'S14', 'S5', 'S6'],
  'write-back/no-fault': [],
  'write-back/counts-a-rejection-as-done': ['L4'],
  'write-back/drains-too-early': ['L-DRAIN'],
  'write-back/forgets-the-trace': ['L1'],
  'write-back/goes-on-after-close': ['L-CLOSE', 'L4'],
  'write-back/goes-on-after-drain': ['L-DRAIN'],
  'write-back/is-done-with-what-failed': ['L4'],
  'write-back/leaves-a-timer': ['L-CLOSE'],
  'write-back/lets-later-appends-overtake': ['L2', 'L3'],
  'write-back/loses-every-tenth': ['L1', 'L2', 'L3'],
  'write-back/replays-for-who-only-appends': ['L2', 'L5'],
  'write-back/replays-in-two-hands': ['L-DRAIN', 'L2', 'L4'],
  'write-back/reverses-an-append': ['L-DRAIN', 'L1', 'L2', 'L3', 'L4', 'L5'],
  'write-back/says-replayed-at-once': ['L-CLOSE', 'L3', 'L4', 'L5'],
  'write-back/tries-for-ever': ['L4'],
  'capability/due-work-says-shared': [
    'W-AWAY',
    'W-CLOSE',
    'W-MODEL',
    'W-SHARED',
    'W2',
    'W3',
    'W4',
    'W5',
    'W6',
  ],
  'capability/hides-its-link': ['B-DECLARED'],
  'capability/is-shared-after-all': ['S-CLOSE', 'S-SHARED'],
  'capability/says-directed': ['B10'],
  'capability/says-fanout-routes-by-interest': ['B-INTEREST'],
  'capability/says-shared': [
    'S-AWAY',
    'S-MODEL',
    'S-SHARED',
    'S1',
    'S12',
    'S14',
    'S15',
    'S3',
    'S5',
    'S7',
    'S8',
  ],
  'capability/suite-says-otherwise': ['B-DECLARED', 'B-INTEREST'],
  'clauses/skipped-by-the-adapter': ['every'],
} as const;

/** Suites that must not even be made, and what they say. */
const refused = {
  'capability/due-work-cannot-be-away': 'shared due work must say how it is put away',
  'outbox/cannot-be-away': 'a shared outbox must say how it is put away',
  'write-back/cannot-be-away': 'a remote log must say how it is put away',
  'capability/cannot-be-away': 'a shared store must say how it is put away',
  'capability/loss-not-given': "a shared directory must be put through 'shared' clauses",
  'capability/link-not-given': "a remote broker must be put through 'remote' clauses too",
  'clauses/clause-without-test': 'no test is registered: X2 second',
};

const reportSchema = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      message: z.string(),
      assertionResults: z.array(z.object({ title: z.string(), status: z.string() })),
    }),
  ),
});
type SuiteReport = z.output<typeof reportSchema>['testResults'][number];

let scratch: string;
let reports: ReadonlyMap<string, SuiteReport>;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'faulty-adapters-'));
  const file = join(scratch, 'report.json');
  const output = await runVitest(['--reporter=json', `--outputFile=${file}`]);
  const text = await readFile(file, 'utf8').catch(() => Promise.reject(new Error(output)));
  const { testResults } = reportSchema.parse(JSON.parse(text));
  const nameOf = (path: string): string => relative(folder, path).replace('.faulty.ts', '');
  reports = new Map(testResults.map((report) => [nameOf(report.name), report]));
}, 600_000);

afterAll(() => rm(scratch, { recursive: true, force: true }));

test('every broken adapter is in the tables, and all were run', () => {
  const expected = [...Object.keys(redClauses), ...Object.keys(refused)];
  expect([...reports.keys()].toSorted()).toEqual(expected.toSorted());
});

test.each(Object.entries(redClauses))('%s: %j red', (name, clauses) => {
  const results = reports.get(name)?.assertionResults ?? [];
  expect(results.length).toBeGreaterThan(8);
  const red = results.filter(({ status }) => status === 'failed').map(({ title }) => title);
  expect([...new Set(red.map((title) => title.split(' ', 1)[0]))].toSorted()).toEqual(clauses);
});

test.each(Object.entries(refused))('%s: %s', (name, sentence) => {
  const report = reports.get(name);
  expect(report?.message).toContain(sentence);
  expect(report?.assertionResults).toEqual([]);
});

/** Runs the broken adapters in a vitest of their own; resolves with what it printed. */
function runVitest(args: readonly string[]): Promise<string> {
  const program = join(
    dirname(fileURLToPath(import.meta.resolve('vitest/package.json'))),
    'vitest.mjs',
  );
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST')),
  );
  const config = join(folder, 'vitest.config.ts');
  return new Promise((resolve) => {
    const parts = [program, 'run', `--config=${config}`, ...args];
    // The exit code says that adapters failed, which they must.
    execFile(process.execPath, parts, { cwd: folder, env }, (_, stdout, stderr) => {
      resolve(stdout + stderr);
    });
  });
}
