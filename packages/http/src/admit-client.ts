import type { Access, LimitCounters, Principal } from '@realtime-notify/core';
import { hostDecision } from './host-decision.js';
import type { RouteRequest } from './route-request.js';

/** As many as a stream takes, so that its cursor is accepted there. */
const maxGroups = 30;

/** A client that may follow these groups. */
export interface AdmittedClient {
  readonly principal: Principal;
  readonly groups: readonly string[];
}

/**
 * The client behind a request, allowed to follow the groups of `?group=` (repeatable, at most 30).
 * Rejects as {@link Access.admit}, with `LIMIT_EXCEEDED`, and with HttpError `UNAVAILABLE`.
 */
export async function admitClient(
  request: RouteRequest,
  access: Access,
  counters: LimitCounters,
): Promise<AdmittedClient> {
  const groups = [...new Set(request.query.getAll('group'))];
  if (groups.length > maxGroups) {
    throw counters.exceeded('groupsPerRequest', `at most ${maxGroups} groups may be asked for`);
  }
  const principal = await hostDecision(() => access.admit(request, groups));
  return { principal, groups };
}
