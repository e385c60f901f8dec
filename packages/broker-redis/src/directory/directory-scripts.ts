import { createHash } from 'node:crypto';

/** A Lua program that Redis runs as one indivisible step. */
export interface Script {
  readonly source: string;
  readonly sha: string;
}

function script(source: string): Script {
  return { source, sha: createHash('sha1').update(source).digest('hex') };
}

/** What the scripts share. The clock is that of Redis: those of the nodes do not matter. */
const common = `
local connections, leases, held = KEYS[1], KEYS[2], KEYS[3]

local function nowMs()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Whether the lease had not ended; it begins anew in any case.
local function renew(node, leaseMs)
  local now = nowMs()
  local ends = tonumber(redis.call('ZSCORE', leases, node) or 0)
  redis.call('ZADD', leases, string.format('%.0f', now + leaseMs), node)
  return ends > now
end

-- Takes a node out of the entries of some users; answers those that stand nowhere else.
local function takeOut(users, node)
  local gone = {}
  if #users == 0 then return gone end
  local values = redis.call('HMGET', connections, unpack(users))
  for i, user in ipairs(users) do
    local others, was = {}, false
    for each in string.gmatch(values[i] or '', '%S+') do
      if each == node then was = true else others[#others + 1] = each end
    end
    if was and #others == 0 then
      redis.call('HDEL', connections, user)
      gone[#gone + 1] = user
    elseif was then
      redis.call('HSET', connections, user, table.concat(others, ' '))
    end
  end
  return gone
end
`;

/**
 * KEYS: connections, leases, held. ARGV: node, lease in ms, how many are added, those added, those removed.
 * Answers {1 where the lease had not ended, users that came online, users that went offline}.
 */
export const writeScript = script(`${common}
local node, count = ARGV[1], tonumber(ARGV[3])
local alive = renew(node, tonumber(ARGV[2]))
local added, removed, came = {}, {}, {}
for i = 4, #ARGV do
  local list = i < 4 + count and added or removed
  list[#list + 1] = ARGV[i]
end
if #added > 0 then
  local values = redis.call('HMGET', connections, unpack(added))
  for i, user in ipairs(added) do
    local value = values[i]
    if not value then
      redis.call('HSET', connections, user, node)
      came[#came + 1] = user
    elseif not string.find(' ' .. value .. ' ', ' ' .. node .. ' ', 1, true) then
      redis.call('HSET', connections, user, value .. ' ' .. node)
    end
  end
  redis.call('SADD', held, unpack(added))
end
local gone = takeOut(removed, node)
if #removed > 0 then redis.call('SREM', held, unpack(removed)) end
return {alive and 1 or 0, came, gone}
`);

/**
 * KEYS: connections, leases, held. ARGV: node, lease in ms, how many users the node knows to stand here, 1 to
 * name those who do. Answers {1 where nothing of them was lost, up to ten nodes whose leases have ended,
 * those who stand where that was asked for or they are too many}.
 */
export const beatScript = script(`${common}
local alive = renew(ARGV[1], tonumber(ARGV[2]))
local stand = redis.call('SCARD', held)
local intact = alive and stand == tonumber(ARGV[3]) and redis.call('HLEN', connections) >= stand
local ended = redis.call('ZRANGEBYSCORE', leases, '-inf', nowMs(), 'LIMIT', 0, 10)
local name = ARGV[4] == '1' or stand > tonumber(ARGV[3])
return {intact and 1 or 0, ended, name and redis.call('SMEMBERS', held) or {}}
`);

/**
 * KEYS: connections, leases, held by the node. ARGV: node, how many users at most, 1 to do so although the
 * lease has not ended. Answers {1 where all is done, users that went offline}.
 */
export const sweepScript = script(`${common}
local node, most = ARGV[1], tonumber(ARGV[2])
local ends = tonumber(redis.call('ZSCORE', leases, node) or 0)
if ARGV[3] ~= '1' and ends > nowMs() then return {1, {}} end
local users = redis.call('SPOP', held, most)
local gone = takeOut(users, node)
local done = #users < most
if done then redis.call('ZREM', leases, node) end
return {done and 1 or 0, gone}
`);

/** KEYS: connections, leases. ARGV: users. Answers {their values, nodes whose leases have ended}. */
export const lookScript = script(`${common}
return {
  redis.call('HMGET', connections, unpack(ARGV)),
  redis.call('ZRANGEBYSCORE', leases, '-inf', nowMs()),
}
`);

/** KEYS: connections, leases. ARGV: node. Ends its lease. */
export const leaveScript = script(`${common}
redis.call('ZADD', leases, 'XX', 0, ARGV[1])
return 0
`);

export const allScripts: readonly Script[] = [
  writeScript,
  beatScript,
  sweepScript,
  lookScript,
  leaveScript,
];
