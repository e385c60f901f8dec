import { describe, expect, it } from 'vitest';
import { countTests, summarize } from './count.js';

const file = (status: string, ...tests: string[]) => ({
  status,
  assertionResults: tests.map((each) => ({ status: each })),
});

describe('the last line of npm test', () => {
  it('counts tests, not files', () => {
    const report = { testResults: [file('passed', 'passed', 'passed'), file('passed', 'passed')] };
    expect(countTests(report)).toEqual({ passed: 3, failed: 0 });
  });

  it('counts a file that could not be loaded, or whose set-up failed, as a failure', () => {
    const report = { testResults: [file('failed'), file('failed', 'skipped', 'passed')] };
    expect(countTests(report)).toEqual({ passed: 1, failed: 2 });
  });

  it('counts each failed test of a file', () => {
    const report = { testResults: [file('failed', 'failed', 'failed', 'passed')] };
    expect(countTests(report)).toEqual({ passed: 1, failed: 2 });
  });

  it.each([undefined, null, {}, { testResults: 'none' }])('takes %j for a failure', (report) => {
    expect(countTests(report)).toEqual({ passed: 0, failed: 1 });
  });

  it('adds failed steps', () => {
    const run = { failedSteps: 2, vitestFailed: true };
    expect(summarize({ passed: 5, failed: 1 }, run)).toEqual({
      line: '5 passed, 3 failed',
      ok: false,
    });
  });

  it('is not green where vitest failed though its tests passed', () => {
    const run = { failedSteps: 0, vitestFailed: true };
    expect(summarize({ passed: 5, failed: 0 }, run)).toEqual({
      line: '5 passed, 1 failed',
      ok: false,
    });
  });

  it('is green where nothing failed', () => {
    const run = { failedSteps: 0, vitestFailed: false };
    expect(summarize({ passed: 5, failed: 0 }, run)).toEqual({
      line: '5 passed, 0 failed',
      ok: true,
    });
  });
});
