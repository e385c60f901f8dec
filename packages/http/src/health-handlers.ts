import {
  type CatalogueSchemas,
  type Health,
  type Logger,
  type Notifier,
  resolveOptions,
  silentLogger,
} from '@realtime-notify/core';
import { z } from 'zod';
import { type Handler, route } from './route.js';

/** What {@link healthHandlers} takes. Unknown names are errors. */
export interface HealthOptions {
  /** Pino-shaped; silent by default. */
  readonly logger?: Logger | undefined;
}

/** Both sides of a node's health. */
export interface HealthHandlers {
  /** Answers 200 as long as the process answers at all. */
  readonly live: Handler;
  /** Answers `{status, reasons, nodeId}`: 200 for `ok` and `degraded`, 503 for `starting`, `deaf` and `draining`. */
  readonly ready: Handler;
}

/**
 * Makes the handlers for probes. Requests that come while a round trip is under way share it, so that they
 * cannot load broker and store.
 * @throws NotifyError `OPTIONS_INVALID`
 */
export function healthHandlers<Schemas extends CatalogueSchemas>(
  notifier: Notifier<Schemas>,
  options: HealthOptions = {},
): HealthHandlers {
  const { logger = silentLogger, ...rest } = options;
  resolveOptions(z.strictObject({}), rest, 'healthHandlers');
  let underWay: Promise<Health> | undefined;
  const health = (): Promise<Health> => {
    underWay ??= notifier.health().finally(() => {
      underWay = undefined;
    });
    return underWay;
  };
  const reading = { methods: ['GET', 'HEAD'], logger, counters: notifier.limits };
  return {
    live: route(reading, async () => ({ status: 200, body: '{"status":"ok"}' })),
    ready: route(reading, async () => {
      const { status, reasons } = await health();
      return {
        status: status === 'ok' || status === 'degraded' ? 200 : 503,
        body: JSON.stringify({ status, reasons, nodeId: notifier.nodeId }),
      };
    }),
  };
}
