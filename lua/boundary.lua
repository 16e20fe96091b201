-- boundary.lua: a page of the commits at which the store's histories have been cut.
-- KEYS  1 meta (hash)   2 shallow (set)
-- ARGV  1 cursor, 0 at first   2 commits a step   3 `clock` to have the time, else ''
-- Reply {how often the boundary was changed, position of the log, milliseconds since 1970 by the server's clock
--         or 0, next cursor, 0 at the end; raw ids}; one that is there from first to last step comes at least once
-- Error NOSTORE, FORMAT  the store is gone or another version's
-- Cost  O(commits a step); reads only
-- @include lib/meta.lua
-- @include lib/log.lua
return guarded(function()
  local meta = redis.call('HMGET', KEYS[1], 'format', 'boundary', 'position')
  check_format(meta[1])
  local reply = {tonumber(meta[2] or 0), tonumber(meta[3]), 0, '0'}
  -- Who only reads histories may not know the time.
  if ARGV[3] == 'clock' then reply[3] = tonumber(now()) end
  -- Most stores have none.
  if redis.call('EXISTS', KEYS[2]) == 0 then return reply end
  local found = redis.call('SSCAN', KEYS[2], ARGV[1], 'COUNT', ARGV[2])
  reply[4] = found[1]
  for _, id in ipairs(found[2]) do reply[#reply + 1] = id end
  return reply
end)
