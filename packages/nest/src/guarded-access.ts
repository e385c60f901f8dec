import type { IncomingMessage } from 'node:http';
import { type CanActivate, HttpException, type Type } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import {
  type AccessOptions,
  type Authenticate,
  type ErrorCode,
  NotifyError,
  type Principal,
} from '@realtime-notify/core';
import { lastValueFrom } from 'rxjs';
import { type Exchange, upgradeExchange } from './exchange.js';

/** A request after the guards have let it pass, with what they left on it. */
export interface GuardedRequest {
  readonly user?: unknown;
}

/** Access by the application's own guards. */
export interface GuardedAccess extends Omit<AccessOptions, 'authenticate' | 'anonymous'> {
  /**
   * Run in this order for every stream, look back and upgrade. A class is created with what its module and
   * the global ones provide. Guards see the platform's request; for an upgrade, which no platform looks at,
   * Node's own with `query`, and a response that goes nowhere. Global guards are not run: these routes are
   * no controller's.
   */
  readonly guards: readonly (Type<CanActivate> | CanActivate)[];
  /**
   * Who the client is, once the guards have let it pass; null: it brought no credential. A WebSocket may
   * still send a token in its hello: guards are then shown it as the bearer token.
   */
  principalOf(request: GuardedRequest): Promise<Principal | null> | Principal | null;
}

/** What {@link guardedAuthenticate} needs of the module. */
export interface GuardedModule {
  readonly guards: readonly CanActivate[];
  /** What guards that look for metadata are told to guard. */
  readonly controller: Type<unknown>;
  readonly handler: () => unknown;
  /** What the platform made of a request; undefined for an upgrade. */
  exchangeOf(incoming: IncomingMessage): Exchange | undefined;
}

/**
 * Tells who a client is by asking guards. Rejects with `UNAUTHENTICATED`, `FORBIDDEN` or `LIMIT_EXCEEDED`
 * as they answer 401, 403 or 429; what else they throw counts as temporary.
 */
export function guardedAuthenticate(
  access: GuardedAccess,
  { guards, controller, handler, exchangeOf }: GuardedModule,
): Authenticate {
  return async (asked) => {
    const { incoming } = asked;
    if (incoming === undefined) return null;
    const { request, response } = exchangeOf(incoming) ?? upgradeExchange(incoming, asked);
    const args = [request, response, () => undefined];
    const context = new ExecutionContextHost(args, controller, handler);
    for (const guard of guards) {
      if (!(await mayPass(guard, context))) {
        throw new NotifyError('FORBIDDEN', 'a guard does not let this client pass');
      }
    }
    return access.principalOf(request);
  };
}

async function mayPass(guard: CanActivate, context: ExecutionContextHost): Promise<boolean> {
  try {
    const answer = await guard.canActivate(context);
    return typeof answer === 'boolean' ? answer : await lastValueFrom(answer);
  } catch (error) {
    throw asNotifyError(error);
  }
}

const codes: ReadonlyMap<number, ErrorCode> = new Map([
  [401, 'UNAUTHENTICATED'],
  [403, 'FORBIDDEN'],
  [429, 'LIMIT_EXCEEDED'],
]);

function asNotifyError(error: unknown): unknown {
  if (!(error instanceof HttpException)) return error;
  const code = codes.get(error.getStatus());
  return code === undefined ? error : new NotifyError(code, error.message, { cause: error });
}
