"""The scripts that a Redis server runs for shared limits, each as one atomic step.

A hash has the amounts that were used, in buckets of a 64th of the period: the field `1:1234` is
the amount of the first unit in the bucket 1234, which begins at 1234 times the duration of a
bucket. An amount counts until the period after the end of its bucket is over. The field `resume`
is the time until which all calls wait. Times are Unix seconds of the server's clock.
"""

_NOW = """
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = tonumber(time[1]) + tonumber(time[2]) / 1000000
end
"""

RESERVE = (
    _NOW
    + """
local grain, size = tonumber(ARGV[2]), tonumber(ARGV[3])
local before, patience = tonumber(ARGV[4]), tonumber(ARGV[5])
local amounts, limits, used = {}, {}, {}
for i = 6, #ARGV, 2 do
  amounts[#amounts + 1] = tonumber(ARGV[i])
  limits[#limits + 1] = tonumber(ARGV[i + 1])
  used[#used + 1] = {}
end
local current = math.floor(now / grain)
local last, resume = current, 0

local function name(unit, index)
  return string.format('%d:%.0f', unit, index)
end

local function release(index)
  for unit, amount in ipairs(amounts) do
    if redis.call('HEXISTS', KEYS[1], name(unit, index)) == 1 then
      redis.call('HINCRBY', KEYS[1], name(unit, index), -amount)
    end
  end
end

local fields = redis.call('HGETALL', KEYS[1])
for i = 1, #fields, 2 do
  local unit, index = string.match(fields[i], '^(%d+):(%d+)$')
  unit, index = tonumber(unit), tonumber(index)
  if not unit then
    resume = tonumber(fields[i + 1])
  elseif index < current - size then
    redis.call('HDEL', KEYS[1], fields[i])
  elseif used[unit] then
    local amount = tonumber(fields[i + 1])
    if index == before then
      amount = amount - amounts[unit]
    end
    used[unit][index] = amount
    if amount > 0 then
      last = math.max(last, index)
    end
  end
end

local function fits(index)
  for unit, limit in ipairs(limits) do
    local sum = math.min(amounts[unit], limit)
    for each = index - size, index do
      sum = sum + (used[unit][each] or 0)
    end
    if sum > limit then
      return false
    end
  end
  return true
end

if before and before > current and resume <= before * grain then  -- it is too early
  return {string.format('%.6f', before * grain - now), ARGV[4]}
end
local chosen = current
if not (before and before <= current and resume <= now and fits(current)) then
  chosen = last
  if resume > now then
    chosen = math.max(chosen, math.ceil(resume / grain))
  end
  while not fits(chosen) do
    chosen = chosen + 1
  end
end
local wait = chosen > current and chosen * grain - now or 0
if before then
  release(before)
end
if wait > 0 and patience and wait >= patience then
  return {string.format('%.6f', wait), ''}
end
for unit, amount in ipairs(amounts) do
  redis.call('HINCRBY', KEYS[1], name(unit, chosen), amount)
end
local ends = math.max((math.max(last, chosen) + size + 2) * grain, resume)
redis.call('PEXPIRE', KEYS[1], math.ceil((ends - now) * 1000))
return {string.format('%.6f', wait), string.format('%.0f', chosen)}
"""
)
"""Reserve amounts, and return the seconds to wait and the bucket.

ARGV: the time, or an empty string for that of the server; the duration of a bucket; the number of
buckets in a period; the bucket that was reserved before, which is released; the wait from which on
nothing is reserved; an amount and a limit for each unit.
"""

CHANGE = """
for i = 1, #ARGV, 2 do
  if redis.call('HEXISTS', KEYS[1], ARGV[i]) == 1 then
    redis.call('HINCRBY', KEYS[1], ARGV[i], ARGV[i + 1])
  end
end
"""
"""Add numbers to the amounts in fields, unless they are over. ARGV: fields and numbers."""

PAUSE = (
    _NOW
    + """
local resume = now + tonumber(ARGV[2])
if resume > tonumber(redis.call('HGET', KEYS[1], 'resume') or 0) then
  redis.call('HSET', KEYS[1], 'resume', string.format('%.6f', resume))
end
local left = redis.call('PTTL', KEYS[1])
redis.call('PEXPIRE', KEYS[1], math.max(left, math.ceil(tonumber(ARGV[2]) * 1000)))
"""
)
"""Let all calls wait. ARGV: the time, or an empty string for that of the server; the seconds."""
