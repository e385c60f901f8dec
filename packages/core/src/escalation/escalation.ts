import type { ChannelNames } from '../channels/channel-names.js';
import { NotifyError } from '../errors/notify-error.js';
import type { Appender } from '../notifier/append-audience.js';
import { resolveOptions } from '../options/resolve-options.js';
import type { Directory } from '../ports/directory.js';
import type { Logger } from '../ports/logger.js';
import type { Store } from '../ports/store.js';
import type { Presence } from '../routing/presence.js';
import { Admission } from './admission.js';
import { DueCheck } from './due-check.js';
import { escalationSchema, type SeenCheck } from './escalation-options.js';
import { EscalationRunner } from './escalation-runner.js';
import { EscalationScheduler } from './escalation-scheduler.js';
import type { TurnContext } from './escalation-turn.js';
import { UserStates } from './user-states.js';

/** What escalation is put together from. */
export interface EscalationContext extends Pick<TurnContext, 'logger' | 'unescalated'> {
  readonly types: readonly string[];
  readonly store: Store;
  readonly appender: Appender;
  readonly channelNames: ChannelNames;
  readonly directory: Directory | undefined;
  readonly presence: Pick<Presence, 'online'>;
  /** Asked where the host has not told us whom to ask; absent where users have no inbox. */
  readonly inboxSeen: SeenCheck | undefined;
  readonly logger: Logger;
}

/** The two ends of escalation: one schedules what the other does when it is due. */
export interface Escalation {
  readonly appender: EscalationScheduler;
  readonly runner: EscalationRunner;
}

/** @throws NotifyError `OPTIONS_INVALID` or `DIRECTORY_MISSING` */
export function assembleEscalation(options: unknown, context: EscalationContext): Escalation {
  const resolved = resolveOptions(escalationSchema, options, 'createNotifier: escalation');
  const { rules } = resolved;
  const { store, directory, types, inboxSeen } = context;
  const { dueWork } = store;
  const { hasSeen = inboxSeen } = resolved;
  if (dueWork === undefined) throw invalid('the store keeps no work for later (`dueWork`)');
  if (hasSeen === undefined) throw invalid('give `hasSeen`, or the notifier an `inbox`');
  const unknown = rules.flatMap((rule) => rule.types).find((type) => !types.includes(type));
  if (unknown !== undefined) throw invalid(`the catalogue has no type "${unknown}"`);
  if (directory === undefined && rules.some(({ whileOnline }) => whileOnline !== 'call')) {
    const message = '`whileOnline` asks a directory who is online: give `createNotifier` one';
    throw new NotifyError('DIRECTORY_MISSING', message);
  }
  const common = { ...resolved, ...context, dueWork };
  const admission = new Admission(new UserStates(common));
  const check = new DueCheck({ ...common, admission, hasSeen });
  return {
    appender: new EscalationScheduler(common),
    runner: new EscalationRunner({ ...common, check }),
  };
}

function invalid(message: string): NotifyError {
  return new NotifyError('OPTIONS_INVALID', `createNotifier: escalation: ${message}`);
}
