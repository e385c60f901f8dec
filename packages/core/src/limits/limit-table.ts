/** One row of the limit table: what is bounded, by which option, and what happens beyond. */
export interface LimitRow {
  readonly bounds: string;
  /** `package function.option`, with its default. */
  readonly option: string;
  readonly beyond: string;
}

/**
 * Every limit at which we refuse or close. `docs/limits.md` is generated from this table, and each row is
 * a counter of `LimitCounters`.
 */
export const limitTable = {
  connectionsPerNode: {
    bounds: 'streams open on this node, and those being opened',
    option: '`createNotifier` `maxConnections`, 50,000',
    beyond: '`OVERLOADED`: SSE 200 and `bye`, WebSocket 503, both with a time to return',
  },
  connectRate: {
    bounds: 'new streams per second of this node; five seconds may come at once',
    option: '`createNotifier` `maxConnectsPerSecond`, 2,000',
    beyond: '`OVERLOADED`, as above',
  },
  connectRatePerIp: {
    bounds: 'new streams per second of one client address; five seconds may come at once',
    option: '`createNotifier` `maxConnectsPerSecondPerIp`, 1,000',
    beyond: '`OVERLOADED`, as above',
  },
  connectionsPerIp: {
    bounds: 'streams of one client address (IPv6: one /64) on this node',
    option: '`createNotifier` `maxConnectionsPerIp`, 10,000',
    beyond: '`LIMIT_EXCEEDED`: 429 with `Retry-After`',
  },
  connectionsPerUser: {
    bounds: 'streams of one user on this node',
    option: '`createNotifier` `maxConnectionsPerUser`, 100',
    beyond: '`LIMIT_EXCEEDED`: SSE 429, WebSocket 4429, both with a time to return',
  },
  groupsPerRequest: {
    bounds: 'groups that a stream, a hello or a look back asks for',
    option: '`maxGroups` of `sseHandler` and `attachWebSockets`, 30',
    beyond: '`LIMIT_EXCEEDED`: 429; 4429 in a hello; both with a time to return',
  },
  channelsPerStream: {
    bounds: 'channels that one stream follows',
    option: '`createNotifier` `maxChannelsPerEmitter`, 32',
    beyond: '`LIMIT_EXCEEDED`: SSE 429, WebSocket 4429; an error frame to a `subscribe`',
  },
  framesPerSecond: {
    bounds: 'messages, pings and pongs per second from one client',
    option: '`attachWebSockets` `maxFramesPerSecond`, 50; two seconds may come at once',
    beyond: 'close 4429 with a time to return',
  },
  framesWaiting: {
    bounds: 'frames of one client that wait for their turn',
    option: '`attachWebSockets` `maxQueuedFrames`, 64',
    beyond: 'close 4429 with a time to return',
  },
  helloBytes: {
    bounds: 'size of the hello frame',
    option: '`attachWebSockets` `maxHelloBytes`, 8 KiB',
    beyond: 'close 4400',
  },
  payloadBytes: {
    bounds: 'size of a client message, whatever number of fragments it has',
    option: '`attachWebSockets` `maxPayloadBytes`, 64 KiB',
    beyond: 'close 1009',
  },
  fragments: {
    bounds: 'fragments of a client message',
    option: '`attachWebSockets` `maxFragments`, 64',
    beyond: 'close 1008',
  },
  helloTime: {
    bounds: 'time until the hello',
    option: '`attachWebSockets` `helloTimeoutMs`, 10,000',
    beyond: 'close 4408',
  },
  bodyBytes: {
    bounds: 'body of a publish request',
    option: '`publishHandler` `maxBodyBytes`, 128 KiB',
    beyond: '413 `BODY_TOO_LARGE`',
  },
  bodyTime: {
    bounds: 'time until the body of a publish request is there, also one that was refused before',
    option: '`publishHandler` `bodyTimeoutMs`, 10,000',
    beyond: '408 `BODY_TIMEOUT`; where the answer is given already, the connection is cut',
  },
  historyBytes: {
    bounds: 'notifications that one look back shows, as JSON',
    option: '`historyHandler` `maxPageBytes`, 1 MiB',
    beyond: 'the oldest are left out; the newest is always shown',
  },
  answerTime: {
    bounds: 'time until a client has taken the answer of a look back',
    option: '`historyHandler` `answerTimeoutMs`, 30,000',
    beyond: 'the connection is cut',
  },
  dataBytes: {
    bounds: 'data of one notification as JSON',
    option: '`createNotifier` `maxDataBytes`, 64 KiB',
    beyond: '`DATA_TOO_LARGE`, 413',
  },
  bufferedBytes: {
    bounds: 'bytes that one client has not taken yet',
    option: '`createNotifier` `maxBufferedBytes`, 1 MiB',
    beyond: 'close 4410 `SLOW_CONSUMER`, or cut where it takes nothing; it resumes later',
  },
  bufferedBytesPerNode: {
    bounds: 'bytes that all clients of this node have not taken yet',
    option: '`createNotifier` `maxNodeBufferedBytes`, 256 MiB',
    beyond: 'the slowest clients are closed as above, down to three quarters',
  },
  replyBacklogBytes: {
    bounds: 'bytes not taken by a client that goes on asking',
    option: '`attachWebSockets` `maxReplyBacklogBytes`, 2 MiB',
    beyond: 'close 4410',
  },
  stalled: {
    bounds: 'time without any progress of a backlog or an answer to a ping',
    option: '`heartbeatMs` of `sseHandler` and `attachWebSockets`, 25,000',
    beyond: 'the connection is cut',
  },
  publishQueue: {
    bounds: 'envelopes that wait for the broker, in number and bytes',
    option: '`createNotifier` `maxQueuedEnvelopes`, 100,000; `maxQueuedEnvelopeBytes`, 64 MiB',
    beyond: '`published: false`; other nodes read the store',
  },
  enqueued: {
    bounds: 'notifications that `enqueue` has taken on, in number and bytes',
    option: '`createNotifier` `maxEnqueued`, 10,000; `maxEnqueuedBytes`, 64 MiB',
    beyond: '`enqueue` throws `LIMIT_EXCEEDED`',
  },
  unstored: {
    bounds: 'notifications that `notify` has buffered while the store is down, in number and bytes',
    option: '`createNotifier` `maxUnstored`, 10,000; `maxUnstoredBytes`, 64 MiB',
    beyond: '`notify` rejects with `LIMIT_EXCEEDED`; 429 with `Retry-After`',
  },
  users: {
    bounds: 'users of one audience',
    option: '`createNotifier` `maxUsers`, 10,000',
    beyond: '`AUDIENCE_INVALID`',
  },
} as const satisfies Record<string, LimitRow>;

/** The name of a limit. */
export type LimitName = keyof typeof limitTable;
