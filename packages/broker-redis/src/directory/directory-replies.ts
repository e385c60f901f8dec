import type { NotifyError } from '@realtime-notify/core';
import { directoryUnavailable } from '../driver-errors.js';
import type { ScriptReply } from './directory-link.js';

/** The flag and the lists of texts that a script answered, or why there is no such answer. */
export function flagAndLists(
  reply: ScriptReply | undefined,
): { readonly flag: boolean; readonly lists: readonly (readonly string[])[] } | NotifyError {
  if (reply === undefined) return unreadable();
  if (reply.error !== null) return reply.error;
  const { value } = reply;
  if (!Array.isArray(value)) return unreadable();
  const [flag, ...lists]: unknown[] = value;
  return { flag: flag === 1, lists: lists.map(textsOf) };
}

/** For each user the nodes whose leases live, or why that is not known. */
export function nodesFrom(
  reply: ScriptReply | undefined,
): readonly (readonly string[])[] | NotifyError {
  if (reply === undefined) return unreadable();
  if (reply.error !== null) return reply.error;
  const [values, ended]: unknown[] = Array.isArray(reply.value) ? reply.value : [];
  if (!Array.isArray(values)) return unreadable();
  const dead = new Set(textsOf(ended));
  return values.map((value: unknown) =>
    typeof value === 'string'
      ? value.split(' ').filter((nodeId) => nodeId !== '' && !dead.has(nodeId))
      : [],
  );
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}

function unreadable(): NotifyError {
  return directoryUnavailable('Redis gave an answer of another form');
}
