export interface TestCount {
  readonly passed: number;
  readonly failed: number;
}

/** What ran beside the tests. */
export interface RunFacts {
  /** Type checks, lint, services: those that failed. */
  readonly failedSteps: number;
  readonly vitestFailed: boolean;
}

/**
 * Counts the tests in vitest's JSON report. A file that failed without a failed test (it could not be
 * loaded, or its set-up failed) counts as one failure, so that nothing that did not run looks green.
 */
export function countTests(report: unknown): TestCount {
  const files = isObject(report) ? report.testResults : undefined;
  if (!Array.isArray(files)) return { passed: 0, failed: 1 };
  let passed = 0;
  let failed = 0;
  for (const file of files) {
    passed += testsThat(file, 'passed');
    const failedTests = testsThat(file, 'failed');
    const isGood = isObject(file) && file.status === 'passed';
    failed += failedTests === 0 && !isGood ? 1 : failedTests;
  }
  return { passed, failed };
}

/**
 * The last line, and whether all is well. A vitest that ended badly though every test passed (an unhandled
 * rejection, no test at all) is one more failure.
 */
export function summarize(
  tests: TestCount,
  { failedSteps, vitestFailed }: RunFacts,
): { readonly line: string; readonly ok: boolean } {
  const unexplained = vitestFailed && tests.failed === 0 ? 1 : 0;
  const failed = tests.failed + failedSteps + unexplained;
  return { line: `${tests.passed} passed, ${failed} failed`, ok: failed === 0 };
}

function testsThat(file: unknown, status: 'passed' | 'failed'): number {
  const tests = isObject(file) ? file.assertionResults : undefined;
  if (!Array.isArray(tests)) return 0;
  return tests.filter((test) => isObject(test) && test.status === status).length;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
