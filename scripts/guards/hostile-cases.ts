/** One kind of attack, what stands against it, and what comes of it. */
export interface HostileCase {
  readonly attack: string;
  readonly guard: string;
  readonly outcome: string;
}

/** Attacks that have a test each; beside them every limit has one. */
export const hostileCases: Readonly<Record<`H-${string}`, HostileCase>> = {
  'H-fuzz-session': {
    attack: '50,000 sequences of WebSocket messages, right and wrong',
    guard: 'the schema of client frames, one answer at a time',
    outcome: 'frames of the protocol, or a documented close',
  },
  'H-fuzz-frames': {
    attack: '50,000 sequences of bytes after the handshake, cut anywhere',
    guard: '`ws`, its limits, and what a session refuses',
    outcome: 'frames of the protocol, or a documented close',
  },
  'H-fuzz-resume': {
    attack: '50,000 cursors, in header and query',
    guard: 'the strict parse of cursors; nothing in one is believed',
    outcome: 'a stream, or 400',
  },
  'H-fuzz-publish': {
    attack: '50,000 publish requests',
    guard: 'strict schemas of body, audience and data',
    outcome: 'a result, or a documented refusal',
  },
  'H-fuzz-history': {
    attack: '50,000 looks back',
    guard: 'the parse of parameters',
    outcome: 'a page, or a documented refusal',
  },
  'H-slow-headers': {
    attack: 'slowloris: headers that trickle',
    guard: '`headersTimeout` of `node:http`; a place is taken when headers are whole',
    outcome: '408',
  },
  'H-slow-hello': {
    attack: 'slowloris: a hello that trickles',
    guard: '`helloTimeoutMs`',
    outcome: 'close 4408',
  },
  'H-slow-body': {
    attack: 'slowloris: a body that trickles',
    guard: '`bodyTimeoutMs`, over the whole body',
    outcome: '408 and the connection ended',
  },
  'H-never-reads': {
    attack: 'clients that read nothing while 5,000 notifications a second are sent',
    guard: '`maxBufferedBytes`',
    outcome: 'each closed at its budget, memory within all budgets and 20 MiB, others miss nothing',
  },
  'H-stalled-replay': {
    attack: 'a client that stops reading while it is replayed what it missed',
    guard: 'the stall watch of event streams',
    outcome: 'cut after a heartbeat',
  },
  'H-bye-not-taken': {
    attack: 'a client that takes not even the last event',
    guard: 'the stall watch after the end',
    outcome: 'cut after a heartbeat',
  },
  'H-control-flood': {
    attack: 'pings and pongs without end',
    guard: '`maxFramesPerSecond`; pings beyond it are not answered',
    outcome: 'close 4429',
  },
  'H-fragment-flood': {
    attack: 'a message that never ends, with fragments of a byte or none, or pings in between',
    guard: '`maxFragments`, `maxFramesPerSecond`',
    outcome: 'close 1008, 4429',
  },
  'H-long-length': {
    attack: 'a frame that claims up to 2^64 bytes',
    guard: '`maxPayloadBytes`, looked at before the payload',
    outcome: 'close 1009',
  },
  'H-bad-frame': {
    attack: 'frames that RFC 6455 forbids',
    guard: '`ws`',
    outcome: 'close 1002, 1007',
  },
  'H-deep-json': {
    attack: 'JSON of 100,000 levels: bodies, frames, tokens',
    guard: 'depth looked at without recursion; strict schemas',
    outcome: '400 `BODY_INVALID`; close 4400, 4401',
  },
  'H-proto-keys': {
    attack: '`__proto__` and `constructor` as keys and as names',
    guard: 'strict schemas; maps instead of objects',
    outcome: 'refused where unknown, plain text where a name',
  },
  'H-forged-lines': {
    attack: 'CR, LF, NUL, U+0085, U+2028, U+2029 in data, names, types, cursors and tokens',
    guard: 'data as JSON in lines of its own; checked names, types and cursors; errors as JSON',
    outcome: 'no forged event, header or log line',
  },
  'H-odd-upgrade': {
    attack: 'upgrades to something else, twice, without key, by POST; CONNECT, `OPTIONS *`',
    guard: 'the handshake of `ws`; paths compared exactly',
    outcome: '400, 404, 405, or ended',
  },
  'H-pipelined-stream': {
    attack: 'streams asked for behind an unanswered request',
    guard: 'a stream is begun on a connection of its own',
    outcome: 'the connection ended, no place kept',
  },
  'H-behind-stream': {
    attack: 'requests behind an event stream',
    guard: 'a stream lasts as long as its connection',
    outcome: 'never answered',
  },
  'H-upgrade-behind-answer': {
    attack: 'an upgrade behind an unanswered request',
    guard: 'the upgrade is not taken while an answer is owed',
    outcome: 'the connection ended, no 101',
  },
  'H-behind-upgrade': {
    attack: 'a request behind an upgrade',
    guard: 'what follows is frames',
    outcome: 'close 1002',
  },
  'H-smuggling': {
    attack: 'requests that two servers might end at different places',
    guard: 'the strict parser of `node:http`',
    outcome: '400 and the connection ended',
  },
  'H-REDIS-ENVELOPE': {
    attack: 'any bytes on a Redis channel',
    guard: 'the strict codec of envelopes',
    outcome: 'an envelope of ours, or nothing',
  },
  'H-REDIS-REPLY': {
    attack: 'anything in our Redis keys',
    guard: 'the parse of replies',
    outcome: 'read as ours, or refused',
  },
  'H-POSTGRES-ROW': {
    attack: 'anything in our PostgreSQL tables',
    guard: 'the parse of rows',
    outcome: 'read as ours, or refused',
  },
  'H-KAFKA-RECORD': {
    attack: 'any record on the fan-out topic',
    guard: 'the strict codec of envelopes and batches',
    outcome: 'an envelope, or one line; the good ones arrive',
  },
  'H-KAFKA-SOURCE': {
    attack: 'any record on a source topic',
    guard: 'the parse of source records, their depth; of batches, their offsets',
    outcome: 'a request, or a dead letter with its reason',
  },
};
