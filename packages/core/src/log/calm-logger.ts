import type { Logger } from '../ports/logger.js';

const quietMs = 10_000;

/**
 * The same logger, but a warning is written at most once in ten seconds, with how many like it were left
 * out since the one before: an outage must not become a line for every message and client.
 */
export function calmLogger(logger: Logger): Logger {
  // By the sentence; those are ours, and few.
  const written = new Map<string, { readonly quietUntil: number; leftOut: number }>();
  return {
    debug: (facts, message) => logger.debug(facts, message),
    info: (facts, message) => logger.info(facts, message),
    warn(facts, message) {
      const now = performance.now();
      const last = written.get(message);
      if (last !== undefined && now < last.quietUntil) {
        last.leftOut += 1;
        return;
      }
      written.set(message, { quietUntil: now + quietMs, leftOut: 0 });
      const leftOut = last?.leftOut ?? 0;
      logger.warn(leftOut === 0 ? facts : { ...facts, leftOut }, message);
    },
    error: (facts, message) => logger.error(facts, message),
  };
}
