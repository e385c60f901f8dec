import { z } from 'zod';
import type { CatalogueSchemas, TypeOf } from '../catalogue/catalogue.js';
import type { NotificationOf } from '../catalogue/notification-of.js';
import type { Notification } from '../notification/notification.js';
import { type Preferences, preferencesSchema } from '../preferences/preferences.js';

/** What a hook is to tell a user by mail, SMS, web push, or whatever it is made for. */
export interface EscalationCall<Item extends Notification = Notification> {
  /** The same whenever this is called for the same: to be recognised where it may repeat. */
  readonly key: string;
  readonly userId: string;
  /** One; with `digestMs` several, the oldest first. The user has seen none of them. */
  readonly notifications: readonly [Item, ...Item[]];
  /** 1 for the first call under this key; more where earlier ones failed, or their node died. */
  readonly attempt: number;
  /**
   * An earlier call under this key was not seen to end: its node died, or it took too long. What it was to do may
   * have been done.
   */
  readonly mayRepeat: boolean;
  /** Aborts when the time is up, or this node is closed. */
  readonly signal: AbortSignal;
}

/** Sends what a call says. Rejecting means that it was not sent: it is called again. */
export type EscalationHook<Item extends Notification = Notification> = (
  call: EscalationCall<Item>,
) => unknown;

/** Tells which of some notifications a user has seen. */
export type SeenCheck = (
  userId: string,
  notificationIds: readonly string[],
) => Promise<ReadonlySet<string>>;

/** What a user prefers; undefined where the user chose nothing. Rejecting counts as temporary. */
export type PreferencesOf = (
  userId: string,
) => Promise<Preferences | undefined> | Preferences | undefined;

/** What a rule says while the user is online: `call` all the same, `wait` until they are not, or `skip` it for good. */
export type WhileOnline = 'call' | 'wait' | 'skip';

/** What is done about notifications to `{user}` or `{users}` that the user does not look at. */
export interface EscalationRule<Schemas extends CatalogueSchemas = CatalogueSchemas> {
  /** 1 to 50 of `A-Z a-z 0-9 _ . -`; unique, and part of every key. */
  readonly name: string;
  /** Types of the catalogue that it is for. */
  readonly types: readonly TypeOf<Schemas>[];
  /** How long the user has to look at it. */
  readonly unseenAfterMs: number;
  readonly to: EscalationHook<NotificationOf<Schemas>>;
  /** What preferences call it, e.g. `mail`. Default: `name`. */
  readonly medium?: string | undefined;
  /** Default `call`: who is online may be elsewhere. The others need a directory. */
  readonly whileOnline?: WhileOnline | undefined;
  /**
   * All notifications for one user from within this time go into one call, at most 100, the newest. Windows count
   * from 1970, so that an hour is an hour of the clock; a window is due `unseenAfterMs` after its end. Those that have
   * to wait, as in quiet hours, go into one call.
   */
  readonly digestMs?: number | undefined;
  /** How long one call may take, 30,000. */
  readonly timeoutMs?: number | undefined;
  /** Calls for one key until it is `unescalated`, 5. */
  readonly maxAttempts?: number | undefined;
  /** The pause after a failed call, 5,000; it doubles each time, up to five minutes. */
  readonly retryMs?: number | undefined;
}

/** How notifications that nobody looks at reach their users in another way. All nodes use the same rules. */
export interface EscalationOptions<Schemas extends CatalogueSchemas = CatalogueSchemas> {
  readonly rules: readonly EscalationRule<Schemas>[];
  /** Default: the notifier's `inbox`. One of the two there must be. */
  readonly hasSeen?: SeenCheck | undefined;
  /** Asked before each call. Default: nobody chose anything. */
  readonly preferencesOf?: PreferencesOf | undefined;
  /** What counts where the user chose nothing. Default: all is sent, at once. */
  readonly preferences?: Preferences | undefined;
  /** How long `hasSeen` and `preferencesOf` may take, 5,000. */
  readonly hookWaitMs?: number | undefined;
  /** How often a node asks for what is due, 1,000; it asks at once where there was something. */
  readonly pollMs?: number | undefined;
  /** Calls of each rule under way on this node, 16. A rule whose calls all are slow holds up no other. */
  readonly concurrency?: number | undefined;
}

const aFunction = (value: unknown): boolean => typeof value === 'function';
/** A timer of Node takes no more. */
const ms = z
  .number()
  .min(1)
  .max(2 ** 31 - 1);

const ruleSchema = z
  .strictObject({
    name: z.string().regex(/^[\w.-]{1,50}$/),
    types: z.array(z.string()).min(1),
    unseenAfterMs: z.number().min(0),
    to: z.custom<EscalationHook>(aFunction, 'a function'),
    medium: z.string().min(1).max(50).optional(),
    whileOnline: z.enum(['call', 'wait', 'skip']).default('call'),
    digestMs: ms.optional(),
    timeoutMs: ms.default(30_000),
    maxAttempts: z.int().min(1).default(5),
    retryMs: ms.default(5_000),
  })
  .transform(({ medium, ...rule }) => ({ ...rule, medium: medium ?? rule.name }));

/** Checks {@link EscalationOptions}. */
export const escalationSchema = z.strictObject({
  rules: z
    .array(ruleSchema)
    .min(1)
    .refine(
      (rules) => new Set(rules.map(({ name }) => name)).size === rules.length,
      'a name twice',
    ),
  hasSeen: z.custom<SeenCheck>(aFunction, 'a function').optional(),
  preferencesOf: z.custom<PreferencesOf>(aFunction, 'a function').optional(),
  preferences: preferencesSchema.default({}),
  hookWaitMs: ms.default(5_000),
  pollMs: ms.default(1_000),
  concurrency: z.int().min(1).default(16),
});

/** A rule with its defaults. */
export type ResolvedRule = Readonly<z.output<typeof ruleSchema>>;
