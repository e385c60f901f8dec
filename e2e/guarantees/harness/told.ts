import { eventually } from '../../harness/eventually.js';
import type { StreamReader } from '../../harness/stream-reader.js';

/** Where a notification stands, as its publisher was told. */
export interface Placed {
  readonly id: string;
  readonly channels: readonly {
    readonly channel: string;
    readonly epoch: string | null;
    readonly offset: number | null;
  }[];
}

/**
 * Every reader was shown every notification of the channels that it follows, or was told of a position
 * at or behind it to read on from, and nothing of what it was shown is out of order.
 */
export async function untilAccountedFor(
  readers: readonly StreamReader[],
  placed: readonly Placed[],
): Promise<void> {
  let lacking: string[] = [];
  await eventually(
    'every notification was shown, or its loss told',
    () => {
      lacking = readers.flatMap((reader) => lackingAt(reader, placed));
      return lacking.length === 0 || readers.some(({ log }) => log.problems.length > 0);
    },
    () => `${lacking.length} were not, the first:\n${lacking.slice(0, 10).join('\n')}`,
    { timeoutMs: 30_000 },
  );
  const problems = readers.flatMap(({ name, log }) =>
    log.problems.map((text) => `${name}: ${text}`),
  );
  if (problems.length > 0) throw new Error(problems.join('\n'));
}

/** As {@link untilAccountedFor}, but all of it was shown. */
export async function untilShown(
  readers: readonly StreamReader[],
  placed: readonly Placed[],
): Promise<void> {
  await untilAccountedFor(readers, placed);
  for (const reader of readers) {
    for (const { id, channels } of placed) {
      for (const { channel } of channels) {
        if (reader.log.channels.includes(channel) && !shows(reader, channel, id)) {
          throw new Error(`${reader.name} was not shown ${id} on ${channel}`);
        }
      }
    }
  }
}

function lackingAt(reader: StreamReader, placed: readonly Placed[]): string[] {
  const { log } = reader;
  const lacking: string[] = [];
  for (const channel of log.channels) {
    const shown = new Set(log.on(channel).map(({ id }) => id));
    for (const { id, channels } of placed) {
      const place = channels.find((each) => each.channel === channel);
      if (place === undefined || shown.has(id)) continue;
      const told = log.readies.some(({ recovered, channels: positions }) => {
        const position = positions[channel];
        // The epoch may have been renewed after its publisher was told.
        return !recovered && position !== undefined && position.offset >= (place.offset ?? 0);
      });
      if (!told) lacking.push(`${reader.name}: ${channel} ${place.epoch}#${place.offset} ${id}`);
    }
  }
  return lacking;
}

function shows({ log }: StreamReader, channel: string, id: string): boolean {
  return log.on(channel).some((each) => each.id === id);
}
