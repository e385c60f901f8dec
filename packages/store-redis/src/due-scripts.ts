import { redisClock } from './redis-clock.js';
import { type Script, script } from './script.js';

/**
 * What `leases` holds of one piece is `<attempt>:<1 where it may repeat>:<lease>`; the lease is empty while none
 * holds it. Only scripts read it.
 */
const leaseText = `
local function leaseOf(leases, key)
  local attempt, repeats, lease = string.match(redis.call('HGET', leases, key) or '0:0:', '^(%d+):(%d):(.*)$')
  return tonumber(attempt), repeats == '1', lease
end

local function setLease(leases, key, attempt, repeats, lease)
  redis.call('HSET', leases, key, text(attempt) .. ':' .. (repeats and '1' or '0') .. ':' .. lease)
end
`;

/**
 * KEYS: times, works, then of each piece the key that says that it is finished. ARGV: of each its key, in how many
 * ms it is due, and its text.
 */
export const scheduleScript = script(`${redisClock}
local now = nowMs()
for i = 3, #KEYS do
  local first = (i - 3) * 3
  local key, afterMs, work = ARGV[first + 1], tonumber(ARGV[first + 2]), ARGV[first + 3]
  if redis.call('EXISTS', KEYS[i]) == 0 and redis.call('HSETNX', KEYS[2], key, work) == 1 then
    redis.call('ZADD', KEYS[1], text(now + afterMs), key)
  end
end
`);

/** KEYS: times. ARGV: how many at most. Answers since when each of the longest due is. */
export const lookScript = script(`${redisClock}
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', text(nowMs()), 'WITHSCORES', 'LIMIT', 0, ARGV[1])
local times = {}
for i = 2, #due, 2 do times[#times + 1] = due[i] end
return times
`);

/**
 * KEYS: times, works, leases. ARGV: how many at most, for how many ms, under which lease.
 * Answers of each {key, work, attempt, 1 where it may repeat, since when it was due}.
 */
export const takeScript = script(`${redisClock}${leaseText}
local now, lease = nowMs(), ARGV[3]
local ends = text(now + tonumber(ARGV[2]))
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', text(now), 'WITHSCORES', 'LIMIT', 0, ARGV[1])
local taken = {}
for i = 1, #due, 2 do
  local key = due[i]
  local attempt, repeats, earlier = leaseOf(KEYS[3], key)
  repeats = repeats or earlier ~= ''
  setLease(KEYS[3], key, attempt + 1, repeats, lease)
  redis.call('ZADD', KEYS[1], ends, key)
  local work = redis.call('HGET', KEYS[2], key)
  taken[#taken + 1] = {key, work, text(attempt + 1), repeats and '1' or '0', due[i + 1]}
end
return taken
`);

/**
 * KEYS: times, works, leases, the key that says that it is finished. ARGV: key, lease, for how many ms that is
 * remembered. Answers 1 where the lease held.
 */
export const finishScript = script(`${redisClock}${leaseText}
local key = ARGV[1]
local _, _, lease = leaseOf(KEYS[3], key)
if lease == '' or lease ~= ARGV[2] then return 0 end
redis.call('SET', KEYS[4], '1', 'PX', ARGV[3])
redis.call('ZREM', KEYS[1], key)
redis.call('HDEL', KEYS[2], key)
redis.call('HDEL', KEYS[3], key)
return 1
`);

/**
 * KEYS: times, works, leases. ARGV: key, lease, in how many ms it is due again, and its text where that is another.
 * Answers 1 where the lease held.
 */
export const postponeScript = script(`${redisClock}${leaseText}
local key, work = ARGV[1], ARGV[4]
local attempt, repeats, lease = leaseOf(KEYS[3], key)
if lease == '' or lease ~= ARGV[2] then return 0 end
if work then redis.call('HSET', KEYS[2], key, work) end
setLease(KEYS[3], key, attempt, repeats, '')
redis.call('ZADD', KEYS[1], text(nowMs() + tonumber(ARGV[3])), key)
return 1
`);

/** KEYS: times, works, leases. ARGV: the keys of what is not to be done. */
export const cancelScript = script(`
for _, key in ipairs(ARGV) do
  redis.call('ZREM', KEYS[1], key)
  redis.call('HDEL', KEYS[2], key)
  redis.call('HDEL', KEYS[3], key)
end
`);

export const dueScripts: readonly Script[] = [
  scheduleScript,
  lookScript,
  takeScript,
  finishScript,
  postponeScript,
  cancelScript,
];
