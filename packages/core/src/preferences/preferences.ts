import { z } from 'zod';
import { resolveOptions } from '../options/resolve-options.js';
import { type QuietHours, quietHoursSchema } from './quiet-hours.js';
import { type Throttle, throttleSchema } from './throttle.js';

/** A yes or no by medium (`mail`, `sms`, ...). */
export type MediaSwitches = Readonly<Record<string, boolean>>;

/** How a user wants to be told, or the host's defaults for all. A medium is how an escalation gets to the user. */
export interface Preferences {
  /** Which media may be used. Default: all. */
  readonly media?: MediaSwitches | undefined;
  /** The same for single types; it outranks `media`. */
  readonly types?: Readonly<Record<string, MediaSwitches>> | undefined;
  /** Nothing is sent meanwhile; it is sent after them. `false`: none. */
  readonly quietHours?: QuietHours | false | undefined;
  /** At most so many of a medium, by medium; what is more waits. `false`: any number. */
  readonly throttle?: Readonly<Record<string, Throttle | false>> | undefined;
}

/** One document that says all, made by {@link resolvePreferences}. */
export interface ResolvedPreferences {
  readonly media: MediaSwitches;
  readonly types: Readonly<Record<string, MediaSwitches>>;
  readonly quietHours: QuietHours | false;
  readonly throttle: Readonly<Record<string, Throttle | false>>;
}

const switches = z.record(z.string(), z.boolean());

/** Checks {@link Preferences}. */
export const preferencesSchema = z.strictObject({
  media: switches.optional(),
  types: z.record(z.string(), switches).optional(),
  quietHours: z.union([quietHoursSchema, z.literal(false)]).optional(),
  throttle: z.record(z.string(), z.union([throttleSchema, z.literal(false)])).optional(),
});

/**
 * The defaults of the host, overridden by what the user chose, word by word: what a user says of a medium outranks
 * all that the defaults say of it, for whatever type.
 * @throws NotifyError `OPTIONS_INVALID`
 */
export function resolvePreferences(defaults: Preferences, own: Preferences): ResolvedPreferences {
  const base = resolveOptions(preferencesSchema, defaults, 'the default preferences');
  const user = resolveOptions(preferencesSchema, own, "the user's preferences");
  const { media = {} } = user;
  const types = new Map(
    Object.entries(base.types ?? {}).map(([type, byMedium]) => {
      const left = Object.entries(byMedium).filter(([medium]) => !Object.hasOwn(media, medium));
      return [type, Object.fromEntries(left)];
    }),
  );
  for (const [type, byMedium] of Object.entries(user.types ?? {})) {
    types.set(type, { ...types.get(type), ...byMedium });
  }
  return Object.freeze({
    media: { ...base.media, ...media },
    types: Object.fromEntries(types),
    quietHours: user.quietHours ?? base.quietHours ?? false,
    throttle: { ...base.throttle, ...user.throttle },
  });
}

/** Whether a medium may be used for a type. */
export function allowsMedium(
  { media, types }: ResolvedPreferences,
  type: string,
  medium: string,
): boolean {
  const ofType = ownValue(types, type) ?? {};
  return ownValue(ofType, medium) ?? ownValue(media, medium) ?? true;
}

/** How a medium is throttled; undefined where it is not. */
export function throttleOf(
  { throttle }: ResolvedPreferences,
  medium: string,
): Throttle | undefined {
  return ownValue(throttle, medium) || undefined;
}

/** Names may be those that every object has, such as `constructor`. */
function ownValue<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
