import type { Logger } from '../ports/logger.js';
import { pause } from '../time/pause.js';

/** Stops what brings notifications in. */
export type StopSource = () => Promise<void> | void;

/** How long a source may take to stop. */
export const sourcePatienceMs = 10_000;

/** Resolves when all have stopped, after ten seconds, or once `signal` aborts; never rejects. */
export async function stopSources(
  sources: readonly StopSource[],
  signal: AbortSignal,
  logger: Logger,
): Promise<void> {
  const stopped = new AbortController();
  const waited = pause(sourcePatienceMs, AbortSignal.any([signal, stopped.signal]));
  const stops = sources.map(async (stop) => {
    try {
      await stop();
    } catch (error) {
      logger.warn({ err: error }, 'a source failed to stop');
    }
  });
  void Promise.all(stops).then(() => stopped.abort());
  await waited;
  if (!stopped.signal.aborted && !signal.aborted) {
    logger.warn(
      { sourcePatienceMs },
      'a source did not stop in time: the drain goes on without it',
    );
  }
}
