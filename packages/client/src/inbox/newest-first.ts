import type { Entry, StoredNotification } from './entry.js';

/** As the server lists: by offset within a channel, by time between channels, whatever clocks say. */
export function newestFirst(entries: Iterable<Entry>): Entry[] {
  const channels = new Map<string, Entry[]>();
  for (const entry of entries) {
    const { channel } = entry.notification;
    const known = channels.get(channel);
    if (known === undefined) channels.set(channel, [entry]);
    else known.push(entry);
  }
  const rests = [...channels.values()];
  for (const rest of rests) {
    rest.sort((one, other) => one.notification.offset - other.notification.offset);
  }
  const merged: Entry[] = [];
  for (;;) {
    let newest: Entry[] | undefined;
    for (const rest of rests) if (isNewer(rest.at(-1), newest?.at(-1))) newest = rest;
    const entry = newest?.pop();
    if (entry === undefined) return merged;
    merged.push(entry);
  }
}

function isNewer(one: Entry | undefined, other: Entry | undefined): boolean {
  if (one === undefined || other === undefined) return one !== undefined;
  return isLater(one.notification, other.notification);
}

/** Ids that one node made sort in the order in which they were made. */
function isLater(one: StoredNotification, other: StoredNotification): boolean {
  return one.time === other.time ? one.id > other.id : one.time > other.time;
}
