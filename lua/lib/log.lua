-- lib/log.lua: the log of ref changes, a stream whose ids are `position-0`. Positions are
-- consecutive, so that a reader sees for itself when entries it asked for have been trimmed.

-- Appends one change and trims the oldest, a whole node of the stream at a time.
-- `is_lost` says that the new commit is not known to come from the old one.
local function append_log(log, position, limit, ref, old, new, time, is_lost)
  if is_lost then
    redis.call('XADD', log, 'MAXLEN', '~', limit, position .. '-0',
      'ref', ref, 'old', old, 'new', new, 'time', time, 'lost', '1')
  else
    redis.call('XADD', log, 'MAXLEN', '~', limit, position .. '-0',
      'ref', ref, 'old', old, 'new', new, 'time', time)
  end
end

-- The server's clock in milliseconds since 1970.
local function now()
  -- lint: allow nondeterministic: servers since Redis 5 replicate what a script wrote
  local time = redis.call('TIME')
  return string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
end
