import { jwtAuthenticator } from '@realtime-notify/auth-jwt';
import type { Logger } from '@realtime-notify/core';
import type { MountOptions } from '@realtime-notify/use';

/** How the examples mount the notifier. Anybody may publish to anybody: for a demonstration only. */
export function mountOptions(secret: Uint8Array, logger: Logger): MountOptions {
  return {
    // Tokens are made and checked by the same clock here, so none outlives its end.
    access: { authenticate: jwtAuthenticator({ secret, clockToleranceMs: 0 }) },
    publish: { path: '/demo/notify', open: true },
    health: true,
    logger,
  };
}
