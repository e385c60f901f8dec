import { createHash } from 'node:crypto';

/** A Lua program that Redis runs as one indivisible step. */
export interface Script {
  readonly source: string;
  readonly sha: string;
}

function script(source: string): Script {
  return { source, sha: createHash('sha1').update(source).digest('hex') };
}

/**
 * KEYS: head, log, and with an idempotency key its hash.
 * ARGV: epoch for a new log, entries kept, retention of log and head in ms (0: for ever), id, tag,
 * type, time, data, traceparent (may be empty), and with an idempotency key digest and window in ms.
 * Answers {'appended', epoch, offset}, {'duplicate', epoch, offset, id, type, time, data, traceparent}
 * or {'conflict'}. The stream entry is the first write that can fail: a failing append changes nothing.
 */
export const appendScript = script(`
local head, log, idem = KEYS[1], KEYS[2], KEYS[3]
if idem then
  local first = redis.call('HMGET', idem,
    'digest', 'epoch', 'offset', 'id', 'type', 'time', 'data', 'trace')
  if first[1] then
    if first[1] ~= ARGV[11] then return {'conflict'} end
    first[1] = 'duplicate'
    return first
  end
end

local place = redis.call('HMGET', head, 'epoch', 'offset')
local epoch, offset = place[1], place[2]
if not epoch then
  epoch, offset = ARGV[1], '0'
  redis.call('DEL', log)
end
offset = string.format('%.0f', tonumber(offset) + 1)

redis.call('XADD', log, 'MAXLEN', ARGV[2], offset .. '-0',
  'id', ARGV[5], 'type', ARGV[7], 'time', ARGV[8], 'data', ARGV[9], 'trace', ARGV[10])
redis.call('HSET', head, 'epoch', epoch, 'offset', offset, 'tag', ARGV[6])

local function keep(key, ms)
  if ms == '0' then redis.call('PERSIST', key) else redis.call('PEXPIRE', key, ms) end
end
keep(log, ARGV[3])
keep(head, ARGV[4])
if idem then
  redis.call('HSET', idem, 'digest', ARGV[11], 'epoch', epoch, 'offset', offset,
    'id', ARGV[5], 'type', ARGV[7], 'time', ARGV[8], 'data', ARGV[9], 'trace', ARGV[10])
  redis.call('PEXPIRE', idem, ARGV[12])
end
return {'appended', epoch, offset}
`);

/**
 * KEYS: head, log. ARGV: first stream id wanted, number of entries.
 * Answers {} for an unknown channel, else {epoch, offset, tag, first stream id or '', entries}.
 */
export const readScript = script(`
local head = redis.call('HMGET', KEYS[1], 'epoch', 'offset', 'tag')
if not head[1] then return {} end
local first = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 1)
local entries = redis.call('XRANGE', KEYS[2], ARGV[1], '+', 'COUNT', ARGV[2])
return {head[1], head[2], head[3], first[1] and first[1][1] or '', entries}
`);

/**
 * KEYS: head. ARGV: expected epoch, new epoch.
 * Answers {epoch, offset, tag} as they are afterwards, or {} for an unknown channel.
 */
export const renewScript = script(`
local head = redis.call('HMGET', KEYS[1], 'epoch', 'offset', 'tag')
if not head[1] then return {} end
if head[1] == ARGV[1] then
  redis.call('HSET', KEYS[1], 'epoch', ARGV[2])
  head[1] = ARGV[2]
end
return head
`);

export const allScripts: readonly Script[] = [appendScript, readScript, renewScript];
