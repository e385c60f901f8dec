import type { LogPage } from '@realtime-notify/core';
import type { ClientEvent } from '../../src/client/client-event.js';
import type { TestClient } from '../../src/client/test-client.js';

/** What the clients lived through and what the store has, for who looks for the fault. */
export function traceOf(
  clients: readonly TestClient[],
  logs: ReadonlyMap<string, LogPage>,
): string {
  const lines = clients.map(
    ({ user, kind, events }, number) =>
      `client ${number} (${user}, ${kind}): ${events.map(eventText).join(' ')}`,
  );
  for (const [channel, { items, logStart, head }] of logs) {
    const texts = items.map(({ offset, dataJson }) => `${offset}=${dataJson}`).join(' ');
    lines.push(`${channel}: from ${logStart} to ${head.epoch}.${head.offset} ${texts}`);
  }
  return lines.join('\n');
}

function eventText(event: ClientEvent): string {
  if (event.kind === 'connecting') return `\n  to node ${event.node}:`;
  if (event.kind === 'ended') return JSON.stringify(event.ending);
  if (event.kind === 'ready') {
    const places = [...event.channels].map(
      ([channel, { epoch, offset }]) => `${channel}@${epoch}.${offset}`,
    );
    return `ready(${event.recovered ? '' : 'lost '}${places.join(' ')})`;
  }
  const { channel, epoch, offset, data } = event.notification;
  return `${channel}@${epoch}.${offset}=${JSON.stringify(data)}${event.cursor === undefined ? '' : ';'}`;
}
