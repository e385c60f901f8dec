import * as core from '../../../packages/core/src/index.js';

export * from '../../../packages/core/src/index.js';

process.env.LANE_ONLY = 'yes';

/** The longest that a timer can wait: 24 days. */
const never = 2 ** 31 - 1;

/** As core's own, but nothing is found by the position check: it does not come within the program's life. */
export const createNotifier: typeof core.createNotifier = (options) =>
  core.createNotifier({ ...options, positionCheckMs: never });
