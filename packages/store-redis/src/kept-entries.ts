import { redisClock } from './redis-clock.js';

/**
 * Lua that scripts begin with: where the kept part of a log begins.
 *
 * `firstKept` gives the smallest offset from which on every entry is kept, and its entry. It relies on `isKept` being
 * false up to some entry and true from there on. The oldest is looked at first, then ever further ones:
 * what is to go is nearly always nothing, or one entry.
 *
 * Entries say in `at` when Redis took them, by its own clock, and in `sum` how many bytes of data the
 * channel had been given up to then, their own included: what a part of the log holds is a difference.
 * Those that an older version wrote have neither; they count as taken when they were made, and as empty.
 * In `previous` they have the tag of the entry before them, which may have gone; it is not looked at here.
 */
export const keptEntries = `${redisClock}
local function field(entry, name)
  local fields = entry[2]
  for i = 1, #fields, 2 do
    if fields[i] == name then return fields[i + 1] end
  end
  return nil
end

local function offsetOf(entry)
  return tonumber(string.match(entry[1], '^%d+'))
end

local function entryFrom(log, id)
  return redis.call('XRANGE', log, id, '+', 'COUNT', 1)[1]
end

local function firstKept(log, last, isKept)
  local oldest = entryFrom(log, '-')
  if not oldest then return last + 1 end
  if isKept(oldest) then return offsetOf(oldest), oldest end
  local gone, kept, keptEntry, step = offsetOf(oldest), last + 1, nil, 1
  while kept - gone > 1 do
    local middle = gone + math.min(step, math.floor((kept - gone) / 2))
    local entry = entryFrom(log, text(middle) .. '-0')
    if not entry or isKept(entry) then
      kept, keptEntry = middle, entry
    else
      gone, step = offsetOf(entry), step * 2
    end
  end
  return kept, keptEntry
end

local function isYoung(at, now, maxAgeMs)
  return maxAgeMs == 0 or at > now - maxAgeMs
end

local function appendedAt(entry)
  return tonumber(field(entry, 'at') or field(entry, 'time')) or 0
end

local function bytesBefore(entry)
  local sum = tonumber(field(entry, 'sum'))
  return sum and sum - #(field(entry, 'data') or '') or 0
end
`;
