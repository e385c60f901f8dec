import type { ChannelNames } from '../channels/channel-names.js';
import { NotifyError } from '../errors/notify-error.js';
import type { Envelope } from '../notification/notification.js';
import type { Broker, DirectedEnvelope } from '../ports/broker.js';
import type { Directory } from '../ports/directory.js';

/** What routing works with. */
export interface RoutingContext {
  readonly nodeId: string;
  readonly broker: Broker;
  readonly channelNames: ChannelNames;
  /** Absent: nobody asks who is online, and the broker is not directed. */
  readonly directory?: Directory | undefined;
}

/**
 * The way of envelopes between nodes. A user's channel stands in the directory while this node follows
 * it. Where the broker is directed, that is all: its envelopes go to the nodes that the directory names,
 * and nowhere where it names none. Other channels, and all of them at other brokers, are subscribed at
 * the broker and published to it.
 */
export class Routing implements Pick<Broker, 'publish' | 'subscribe' | 'unsubscribe'> {
  readonly #context: RoutingContext;

  constructor(context: RoutingContext) {
    this.#context = context;
  }

  /** Resolves when broker and directory have acknowledged; both are asked at the same time. */
  async subscribe(channels: readonly string[]): Promise<void> {
    const { broker, directory } = this.#context;
    const { userIds, others } = this.#split(channels);
    await bothOf(
      userIds.length > 0 ? directory?.add(userIds) : undefined,
      others.length > 0 ? broker.subscribe(others) : undefined,
    );
  }

  async unsubscribe(channels: readonly string[]): Promise<void> {
    const { broker, directory } = this.#context;
    const { userIds, others } = this.#split(channels);
    await bothOf(
      userIds.length > 0 ? directory?.remove(userIds) : undefined,
      others.length > 0 ? broker.unsubscribe(others) : undefined,
    );
  }

  /**
   * Rejects where the broker or the directory could not be asked. What can be sent is sent all the same:
   * `failures` then names the channels of what was not.
   */
  async publish(envelopes: readonly Envelope[]): Promise<void> {
    const { broker } = this.#context;
    if (broker.publishTo === undefined) return broker.publish(envelopes);
    const toUsers = new Map<Envelope, string>();
    for (const envelope of envelopes) {
      const userId = this.#context.channelNames.userOf(envelope.channel);
      if (userId !== undefined) toUsers.set(envelope, userId);
    }
    const others = envelopes.filter((envelope) => !toUsers.has(envelope));
    // One after the other, as the broker is promised.
    const [first] = await Promise.allSettled([
      others.length > 0 ? broker.publish(others) : undefined,
    ]);
    const [second] = await Promise.allSettled([this.#publishToUsers(toUsers)]);
    if (first.status === 'rejected' && second.status === 'rejected') throw first.reason;
    if (first.status === 'rejected') throw partly(first.reason, others, toUsers.size);
    if (second.status === 'rejected')
      throw partly(second.reason, [...toUsers.keys()], others.length);
  }

  async #publishToUsers(toUsers: ReadonlyMap<Envelope, string>): Promise<void> {
    const { broker, directory, nodeId } = this.#context;
    if (toUsers.size === 0 || directory === undefined) return;
    const userIds = [...new Set(toUsers.values())];
    const found = await directory.where(userIds);
    const nodesOf = new Map(userIds.map((userId, i) => [userId, found[i] ?? []]));
    const directed: DirectedEnvelope[] = [];
    for (const [envelope, userId] of toUsers) {
      const nodeIds = nodesOf.get(userId)?.filter((each) => each !== nodeId) ?? [];
      if (nodeIds.length > 0) directed.push({ envelope, nodeIds });
    }
    if (directed.length > 0) await broker.publishTo?.(directed);
  }

  /** `others` are those that the broker is to carry by their name. */
  #split(channels: readonly string[]) {
    const { broker, channelNames } = this.#context;
    const userIds: string[] = [];
    const others: string[] = [];
    for (const channel of channels) {
      const userId = channelNames.userOf(channel);
      if (userId !== undefined) userIds.push(userId);
      if (userId === undefined || broker.publishTo === undefined) others.push(channel);
    }
    return { userIds: [...new Set(userIds)], others };
  }
}

/** The error of a part that was not sent, while so many envelopes were. */
function partly(cause: unknown, unsent: readonly Envelope[], sent: number): unknown {
  if (sent === 0 || !NotifyError.is(cause)) return cause;
  const { code, message } = cause;
  const failures = unsent.map(({ channel }) => ({ channel, code }));
  return new NotifyError(code, message, { cause, failures });
}

/** Waits for both, then rejects with what the first of them failed with. */
async function bothOf(...parts: readonly (Promise<void> | undefined)[]): Promise<void> {
  const settled = await Promise.allSettled(parts);
  const failed = settled.find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
}
