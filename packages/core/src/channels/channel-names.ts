import { z } from 'zod';
import { NotifyError } from '../errors/notify-error.js';
import type { LimitCounters } from '../limits/counters.js';
import { resolveOptions } from '../options/resolve-options.js';
import type { Audience } from './audience.js';

const maxNameChars = 200;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it finds
const controlCharacter = /[\u0000-\u001f\u007f-\u009f]/;

const prefix = z.string().min(1).max(50).refine(isPlainText, 'control or ill-formed characters');
const optionsSchema = z
  .strictObject({
    userPrefix: prefix.default('user:'),
    groupPrefix: prefix.default('group:'),
    all: prefix.default('all'),
    control: prefix.default('control'),
    inboxPrefix: prefix.default('inbox:'),
    escalationPrefix: prefix.default('escalation:'),
  })
  .refine(({ all, control, ...prefixes }) => {
    const names = [...Object.values(prefixes), all, control];
    return Object.values(prefixes).every((start) => {
      return names.filter((name) => name.startsWith(start)).length === 1 && all !== control;
    });
  }, 'no prefix may begin with another, nor `all` or `control` with a prefix or equal the other');

/** How channels are named. Nodes that share a broker or store must agree. */
export type ChannelNamesOptions = z.input<typeof optionsSchema>;

/** Turns users and groups into channel names, and refuses names that could be mistaken. */
export class ChannelNames {
  readonly all: string;
  /** The channel over which nodes tell one another; no client follows it. */
  readonly control: string;
  readonly #userPrefix: string;
  readonly #groupPrefix: string;
  readonly #inboxPrefix: string;
  readonly #escalationPrefix: string;

  /** @throws NotifyError `OPTIONS_INVALID` */
  constructor(options: ChannelNamesOptions = {}) {
    const resolved = resolveOptions(optionsSchema, options, 'channelNames');
    this.all = resolved.all;
    this.control = resolved.control;
    this.#userPrefix = resolved.userPrefix;
    this.#groupPrefix = resolved.groupPrefix;
    this.#inboxPrefix = resolved.inboxPrefix;
    this.#escalationPrefix = resolved.escalationPrefix;
  }

  /** @throws NotifyError `CHANNEL_INVALID` */
  user(userId: string): string {
    return this.#userPrefix + checkName('user id', userId);
  }

  /** @throws NotifyError `CHANNEL_INVALID` */
  group(name: string): string {
    return this.#groupPrefix + checkName('group', name);
  }

  /**
   * The channel over which a user's devices learn what was done to the user's inbox.
   * @throws NotifyError `CHANNEL_INVALID`
   */
  inbox(userId: string): string {
    return this.#inboxPrefix + checkName('user id', userId);
  }

  /** The channel that no client follows, whose state says how often a user was told in another way. */
  escalation(userId: string): string {
    return this.#escalationPrefix + checkName('user id', userId);
  }

  /** The user whose own channel it is, or whose inbox; undefined where it is no user's. */
  userOf(channel: string): string | undefined {
    const start = [this.#userPrefix, this.#inboxPrefix].find((each) => channel.startsWith(each));
    return start === undefined ? undefined : channel.slice(start.length);
  }

  isGroup(channel: string): boolean {
    return channel.startsWith(this.#groupPrefix);
  }

  /** The names of the groups among some channels. */
  groupsOf(channels: readonly string[]): readonly string[] {
    return channels
      .filter((channel) => this.isGroup(channel))
      .map((channel) => channel.slice(this.#groupPrefix.length));
  }

  /**
   * The channels of an audience, each once.
   * @param maxUsers - limit of `users`
   * @param counters - told where it is exceeded
   * @throws NotifyError `AUDIENCE_INVALID` or `CHANNEL_INVALID`
   */
  ofAudience(audience: Audience, maxUsers: number, counters?: LimitCounters): readonly string[] {
    const parsed = audienceSchema.safeParse(audience);
    if (!parsed.success) {
      throw new NotifyError(
        'AUDIENCE_INVALID',
        'the audience must be {user}, {users}, {group} or {all: true}',
        { cause: parsed.error },
      );
    }
    const to = parsed.data;
    if ('user' in to) return [this.user(to.user)];
    if ('group' in to) return [this.group(to.group)];
    if ('all' in to) return [this.all];
    if (to.users.length > maxUsers) {
      counters?.count('users');
      throw new NotifyError('AUDIENCE_INVALID', `the audience has more than ${maxUsers} users`);
    }
    return [...new Set(to.users)].map((userId) => this.user(userId));
  }
}

const audienceSchema = z.union([
  z.strictObject({ user: z.string() }),
  z.strictObject({ users: z.array(z.string()).min(1) }),
  z.strictObject({ group: z.string() }),
  z.strictObject({ all: z.literal(true) }),
]);

/**
 * Ill-formed UTF-16 is refused because two different lone surrogates become the same bytes, and with
 * them two users the same channel.
 */
function isPlainText(text: string): boolean {
  return !controlCharacter.test(text) && text.isWellFormed();
}

function checkName(what: string, name: string): string {
  if (name === '' || name.length > maxNameChars) {
    throw new NotifyError('CHANNEL_INVALID', `a ${what} has 1 to ${maxNameChars} characters`);
  }
  if (!isPlainText(name)) {
    throw new NotifyError(
      'CHANNEL_INVALID',
      `a ${what} is well-formed text without control characters`,
    );
  }
  return name;
}
