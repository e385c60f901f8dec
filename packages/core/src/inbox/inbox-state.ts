import { z } from 'zod';
import { NotifyError } from '../errors/notify-error.js';
import { ChannelMarks } from './channel-marks.js';

const setText = z.string().max(20_000);

const schema = z.strictObject({
  v: z.literal(1),
  muted: z.array(z.string()),
  channels: z.array(
    z.tuple([
      z.string(),
      z.strictObject({
        epoch: z.string(),
        joinedAt: z.int().min(0),
        seen: setText,
        read: setText,
        archived: setText,
        removed: setText,
      }),
    ]),
  ),
});

/**
 * All that is kept of a user's inbox: marks by channel, in the order in which the channels were joined, and
 * the muted types. The notifications themselves stay in the channels' logs, shared with everybody.
 */
export class InboxState {
  readonly channels = new Map<string, ChannelMarks>();
  readonly muted = new Set<string>();

  /**
   * @param json - what {@link toJson} wrote; null: an inbox that nobody has looked into
   * @throws NotifyError `INBOX_UNREADABLE`
   */
  static parse(json: string | null): InboxState {
    const state = new InboxState();
    if (json === null) return state;
    const { muted, channels } = parsed(json);
    for (const type of muted) state.muted.add(type);
    for (const [channel, marksJson] of channels) {
      const marks = ChannelMarks.parse(marksJson);
      if (marks === undefined) throw unreadable();
      state.channels.set(channel, marks);
    }
    return state;
  }

  toJson(): string {
    const channels = [...this.channels].map(([channel, marks]) => [channel, marks.toJson()]);
    return JSON.stringify({ v: 1, muted: [...this.muted], channels });
  }
}

function parsed(json: string): z.output<typeof schema> {
  try {
    return schema.parse(JSON.parse(json));
  } catch (cause) {
    throw unreadable(cause);
  }
}

function unreadable(cause?: unknown): NotifyError {
  const message = 'the state of the inbox is not written as this version writes it';
  return new NotifyError('INBOX_UNREADABLE', message, cause === undefined ? {} : { cause });
}
