import {
  type AppendOutcome,
  type ChannelState,
  type Draft,
  type DueWork,
  type LogPage,
  NotifyError,
  newEpoch,
  type Position,
  type ReadRequest,
  resolveOptions,
  retentionOf,
  type Store,
  tagOf,
} from '@realtime-notify/core';
import { ClusterCalls } from './cluster-calls.js';
import { channelKeys, idempotencyKey } from './keys.js';
import { readReply } from './read-reply.js';
import { type RedisCalls, SingleCalls } from './redis-calls.js';
import { RedisDueWork } from './redis-due-work.js';
import type { RedisCommand, RedisReply } from './redis-link.js';
import { appendReplyFrom, headFrom, pageFrom, stateFrom } from './replies.js';
import type { ScriptCall } from './script-runner.js';
import { appendScript, readScript, renewScript } from './scripts.js';
import {
  type RedisStoreOptions,
  type ResolvedStoreOptions,
  storeOptionsSchema,
} from './store-options.js';

/**
 * A Store in Redis 6.2 or later, shared by all nodes that use the same server and `keyPrefix`.
 * Promises S1 to S16, and W1 to W6 with its `dueWork`; as durable as that Redis is configured (`appendfsync always`: nothing that was
 * accepted is lost when it dies). Reads go to the master only, which Sentinels may watch: a failover is
 * an outage of some seconds, and Redis may lose then what no replica had taken.
 *
 * On a Cluster (7.0 or later) calls for many channels are split by master, and those for the masters that
 * are there succeed. A command is sent again only where a node refused it because the slot is elsewhere.
 *
 * While Redis is away calls reject, or outcomes fail, with `STORE_UNAVAILABLE` within
 * `commandTimeoutMs` (twice that on a Cluster whose slots move); it reconnects for ever. An append that got no answer may have been done: try
 * again with an idempotency key, and it is there once. `start` rejects with `STORE_UNAVAILABLE`
 * when Redis is not reached within `startTimeoutMs`, or at once where it or a Sentinel refuses the
 * credentials or a certificate is not accepted; it may be called again.
 * @throws NotifyError `OPTIONS_INVALID`
 */
export function redisStore(options: RedisStoreOptions): Store {
  return new RedisStore(resolveOptions(storeOptionsSchema, options, 'redisStore'));
}

class RedisStore implements Store {
  readonly shared = true;
  readonly dueWork: DueWork;
  readonly #options: ResolvedStoreOptions;
  readonly #calls: RedisCalls;

  constructor(options: ResolvedStoreOptions) {
    this.#options = options;
    const { source, logger } = options;
    this.#calls =
      'nodes' in source
        ? new ClusterCalls(source, options, logger)
        : new SingleCalls(source, options, logger);
    this.dueWork = new RedisDueWork(this.#calls, options.keyPrefix);
  }

  start(): Promise<void> {
    return this.#calls.open();
  }

  async append(drafts: readonly Draft[]): Promise<readonly AppendOutcome[]> {
    const calls = drafts.map((draft) => this.#appendCall(draft));
    const replies = await this.#calls.run(calls).catch((error: unknown) => {
      // Every draft has an outcome of its own; only a store that is closed or not started rejects.
      if (!NotifyError.is(error) || error.code !== 'STORE_UNAVAILABLE') throw error;
      return drafts.map((): RedisReply => ({ error }));
    });
    return drafts.map((draft, i) => appendOutcome(replies[i], draft));
  }

  async readAfter(requests: readonly ReadRequest[]): Promise<readonly LogPage[]> {
    const calls = requests.map(({ channel, after, limit, maxBytes = 0 }) => {
      const { keyPrefix, retention } = this.#options;
      const { head, log } = channelKeys(keyPrefix, channel);
      const { maxAgeMs } = retentionOf(channel, retention);
      return {
        script: readScript,
        keys: [head, log],
        args: [after + 1, limit, maxAgeMs || 0, maxBytes],
      };
    });
    const replies = await this.#calls.run(calls);
    return requests.map(({ channel }, i) =>
      readReply(replies[i], (value) => pageFrom(value, channel)),
    );
  }

  async positions(channels: readonly string[]): Promise<readonly Position[]> {
    const commands = channels.map((channel): RedisCommand => {
      const { head } = channelKeys(this.#options.keyPrefix, channel);
      return ['hmget', head, 'epoch', 'offset', 'tag'];
    });
    const replies = await this.#calls.run(commands);
    return channels.map((_, i) => readReply(replies[i], headFrom));
  }

  async states(channels: readonly string[]): Promise<readonly ChannelState[]> {
    const commands = channels.map((channel): RedisCommand => {
      const { head } = channelKeys(this.#options.keyPrefix, channel);
      return ['hmget', head, 'epoch', 'offset', 'tag', 'state'];
    });
    const replies = await this.#calls.run(commands);
    return channels.map((_, i) => readReply(replies[i], stateFrom));
  }

  async renewEpoch(channel: string, expectedEpoch: string): Promise<Position> {
    const { head } = channelKeys(this.#options.keyPrefix, channel);
    const args = [expectedEpoch, newEpoch()];
    const [reply] = await this.#calls.run([{ script: renewScript, keys: [head], args }]);
    return readReply(reply, headFrom);
  }

  drain(): Promise<void> {
    return this.#calls.drain();
  }

  close(): Promise<void> {
    return this.#calls.close();
  }

  #appendCall(draft: Draft): ScriptCall {
    const { keyPrefix, retention, headRetentionMs, idempotencyWindowMs } = this.#options;
    const { channel, id, type, time, dataJson, traceparent = '' } = draft;
    const { floor, change, idempotency } = draft;
    const { maxCount, maxAgeMs, maxBytes } = retentionOf(channel, retention);
    const { head, log } = channelKeys(keyPrefix, channel);
    const keys = [head, log];
    const args = [
      newEpoch(),
      id,
      tagOf(id),
      type,
      time,
      dataJson,
      traceparent,
      maxCount,
      maxAgeMs || 0,
      maxBytes || 0,
      headRetentionMs || 0,
      floor?.epoch ?? '',
      floor?.offset ?? 0,
      floor?.tag ?? '',
      change?.from.epoch ?? '',
      change?.from.offset ?? 0,
      change?.from.tag ?? '',
      change?.stateJson ?? '',
    ];
    if (idempotency !== undefined) {
      keys.push(idempotencyKey(keyPrefix, channel, idempotency.key));
      args.push(idempotency.digest, idempotencyWindowMs);
    }
    return { script: appendScript, keys, args };
  }
}

function appendOutcome(reply: RedisReply | undefined, draft: Draft): AppendOutcome {
  try {
    const answer = readReply(reply, (value) => appendReplyFrom(value, draft));
    if (answer.status === 'appended' || answer.status === 'duplicate') return answer;
    return { status: 'failed', error: refusalOf(answer.status, draft.channel) };
  } catch (error) {
    if (!NotifyError.is(error)) throw error;
    return { status: 'failed', error };
  }
}

function refusalOf(status: 'conflict' | 'moved', channel: string): NotifyError {
  if (status === 'moved') return new NotifyError('HEAD_MOVED', `${channel} was changed meanwhile`);
  const message = `the idempotency key was used on ${channel} for another content`;
  return new NotifyError('IDEMPOTENCY_CONFLICT', message);
}
