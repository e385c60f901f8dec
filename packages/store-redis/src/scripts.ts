import { NO_EPOCH, NO_TAG } from '@realtime-notify/core';
import { dueScripts } from './due-scripts.js';
import { keptEntries } from './kept-entries.js';
import { type Script, script } from './script.js';

/**
 * KEYS: head, log, and with an idempotency key its hash.
 * ARGV: epoch for a new log or a new life of it, id, tag, type, time, data, traceparent (may be empty), then what is kept:
 * entries, their age in ms, bytes of their data (0: without limit), the head in ms (0: for ever), then epoch
 * (may be empty), offset and tag of the floor, then epoch (empty: no change), offset and tag of the head that a
 * change starts from, and its state, and with an idempotency key digest and window in ms.
 * Answers {'appended', epoch, offset, previous tag}, {'duplicate', epoch, offset, previous tag, id, type, time,
 * data, traceparent}, {'conflict'} or {'moved'}. The previous tag may be empty: not known. The stream entry is the first write that can fail: a failing append changes nothing.
 */
export const appendScript = script(`${keptEntries}
local head, log, idem = KEYS[1], KEYS[2], KEYS[3]
local id, tag, type, time, data, trace = ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7]
local maxAgeMs, maxBytes = tonumber(ARGV[9]), tonumber(ARGV[10])
local floorEpoch, floor, floorTag = ARGV[12], tonumber(ARGV[13]), ARGV[14]
local fromEpoch, fromOffset, fromTag, state = ARGV[15], ARGV[16], ARGV[17], ARGV[18]
local digest, windowMs = ARGV[19], ARGV[20]
if idem then
  local first = redis.call('HMGET', idem,
    'digest', 'epoch', 'offset', 'previous', 'id', 'type', 'time', 'data', 'trace')
  if first[1] then
    if first[1] ~= digest then return {'conflict'} end
    first[1] = 'duplicate'
    return first
  end
end

local place = redis.call('HMGET', head, 'epoch', 'offset', 'tag', 'sum', 'since', 'base')
local epoch, last, sum = place[1], tonumber(place[2]), tonumber(place[4]) or 0
local previous = place[3] or ''
if fromEpoch ~= '' and (fromEpoch ~= (epoch or '${NO_EPOCH}') or fromOffset ~= (place[2] or '0')
    or fromTag ~= (place[3] or '${NO_TAG}')) then
  return {'moved'}
end
if not epoch then
  epoch, last, sum, previous = ARGV[1], 0, 0, '${NO_TAG}'
  redis.call('DEL', log)
elseif epoch == floorEpoch and (last < floor or (last == floor and place[3] ~= floorTag)) then
  epoch = ARGV[1]
end
last, sum = last + 1, sum + #data
local now, offset = nowMs(), text(last)

redis.call('XADD', log, 'MAXLEN', ARGV[8], offset .. '-0', 'id', id, 'type', type, 'time', time,
  'data', data, 'trace', trace, 'at', text(now), 'sum', text(sum), 'previous', previous)
redis.call('HSET', head, 'epoch', epoch, 'offset', offset, 'tag', tag, 'sum', text(sum))
if fromEpoch ~= '' then redis.call('HSET', head, 'state', state) end

-- Of the oldest entry when it was last looked at: if that one may stay, the present one may.
local since, base = tonumber(place[5]) or 0, tonumber(place[6]) or 0
local function mayStay(at, before)
  return isYoung(at, now, maxAgeMs) and (maxBytes == 0 or sum - before <= maxBytes)
end
if not mayStay(since, base) then
  local start, oldest = firstKept(log, last, function(entry)
    return offsetOf(entry) == last or mayStay(appendedAt(entry), bytesBefore(entry))
  end)
  redis.call('XTRIM', log, 'MINID', text(start))
  redis.call('HSET', head, 'since', text(appendedAt(oldest)), 'base', text(bytesBefore(oldest)))
end

local function keep(key, ms)
  if ms == '0' then redis.call('PERSIST', key) else redis.call('PEXPIRE', key, ms) end
end
keep(log, ARGV[9])
keep(head, ARGV[11])
if idem then
  redis.call('HSET', idem, 'digest', digest, 'epoch', epoch, 'offset', offset, 'previous', previous,
    'id', id, 'type', type, 'time', time, 'data', data, 'trace', trace)
  redis.call('PEXPIRE', idem, windowMs)
end
return {'appended', epoch, offset, previous}
`);

/**
 * KEYS: head, log. ARGV: first offset wanted, number of entries, their age in ms (0: any), bytes of their
 * data (0: any; the first two in any case).
 * Answers {} for an unknown channel, else {epoch, offset, tag, first offset kept, entries}. What is too
 * old is not shown; it goes with a later append, or with the whole log. It writes nothing: it works
 * where Redis takes no writes.
 */
export const readScript = script(`${keptEntries}
local head = redis.call('HMGET', KEYS[1], 'epoch', 'offset', 'tag')
if not head[1] then return {} end
local maxAgeMs, now = tonumber(ARGV[3]), nowMs()
local start = firstKept(KEYS[2], tonumber(head[2]), function(entry)
  return isYoung(appendedAt(entry), now, maxAgeMs)
end)
local from = text(math.max(start, tonumber(ARGV[1]))) .. '-0'
local entries = redis.call('XRANGE', KEYS[2], from, '+', 'COUNT', ARGV[2])
local maxBytes, bytes = tonumber(ARGV[4]), 0
for i = 1, maxBytes == 0 and 0 or #entries do
  bytes = bytes + #(field(entries[i], 'data') or '')
  if i > 2 and bytes > maxBytes then
    for last = #entries, i, -1 do entries[last] = nil end
    break
  end
end
return {head[1], head[2], head[3], text(start), entries}
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

export const allScripts: readonly Script[] = [appendScript, readScript, renewScript, ...dueScripts];
