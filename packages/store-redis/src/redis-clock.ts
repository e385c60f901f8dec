/** Lua that scripts begin with: the time by the clock of Redis, and times and offsets as text. */
export const redisClock = `
local function text(number)
  return string.format('%.0f', number)
end

local function nowMs()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
`;
