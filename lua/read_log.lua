-- read_log.lua: a page of the log of ref changes.
-- KEYS  1 log (stream)   2 meta (hash)
-- ARGV  1 `after` oldest first, or `before` newest first   2 position; '' for before: the end
--       3 entries at most
-- Reply {newest position, oldest position kept, id of the store; position, ref, old id, new id, milliseconds, ...}
-- Error TRIMMED position   entries right after that position are not kept any more
--       NOSTORE, FORMAT    the store is gone or another version's
-- Cost  O(entries); reads only
-- @include lib/meta.lua
return guarded(function()
  local meta = redis.call('HMGET', KEYS[2], 'format', 'position', 'id')
  check_format(meta[1])
  local newest = tonumber(meta[2])
  local first = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
  local oldest = first and tonumber(string.match(first[1], '^%d+')) or newest + 1
  local entries
  if ARGV[1] == 'after' then
    local position = tonumber(ARGV[2])
    if position < oldest - 1 then fail('TRIMMED', ARGV[2]) end
    entries = redis.call('XRANGE', KEYS[1],
      string.format('%.0f-0', position + 1), '+', 'COUNT', ARGV[3])
  elseif ARGV[2] == '' then
    entries = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', ARGV[3])
  elseif tonumber(ARGV[2]) <= oldest then
    -- Redis would look through the whole log, from its end, for what is before all of it.
    entries = {}
  else
    entries = redis.call('XREVRANGE', KEYS[1],
      string.format('%.0f-0', tonumber(ARGV[2]) - 1), '-', 'COUNT', ARGV[3])
  end
  local reply = {newest, oldest, meta[3] or ''}
  for _, entry in ipairs(entries) do
    reply[#reply + 1] = tonumber(string.match(entry[1], '^%d+'))
    for field = 2, 8, 2 do reply[#reply + 1] = entry[2][field] end
  end
  return reply
end)
