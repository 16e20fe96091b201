-- maintain.lua: whose turn it is to maintain the store, and whether it is worth it.
-- KEYS  1 objects (hash)   2 survivors (hash)   3 meta (hash)   4 collection (hash)
-- ARGV  1 `claim`, also to go on with it; `done`, when it was maintained; `release`   2 id of the one who asks
--       3 for claim: milliseconds for which the turn lasts unless it is claimed again
--         for done: position of the log when it began
-- Reply {1 for who has the turn, else 0; position of the log; objects; position when it was last maintained, and
--         objects after that, 0 for never}
-- Error NOSTORE, FORMAT  the store is gone or another version's
-- Cost  O(1)
-- @include lib/meta.lua
-- @include lib/log.lua
return guarded(function()
  local call = redis.call
  local meta = call('HMGET', KEYS[3], 'format', 'position', 'maintainer', 'maintained')
  check_format(meta[1])
  -- What a collection has visited is empty in `objects`.
  local visited = call('HMGET', KEYS[4], 'kept', 'marks')
  local objects = call('HLEN', KEYS[1]) - (visited[1] or 0) - (visited[2] or 0) + call('HLEN', KEYS[2])
  local _, _, runs_out, holder = string.find(meta[3] or '', '^(%d+) (.*)$')
  local is_held = not holder or holder == ARGV[2] or tonumber(runs_out) < tonumber(now())
  local position, count = string.match(meta[4] or '0 0', '^(%d+) (%d+)$')
  if is_held then
    -- From here on the server lets it go on, also when its memory is full: it has written.
    call('HDEL', KEYS[3], '')
    if ARGV[1] == 'claim' then
      call('HSET', KEYS[3], 'maintainer', string.format('%.0f ', now() + ARGV[3]) .. ARGV[2])
    else
      call('HDEL', KEYS[3], 'maintainer')
      if ARGV[1] == 'done' then
        position, count = ARGV[3], string.format('%d', objects)
        call('HSET', KEYS[3], 'maintained', position .. ' ' .. count)
      end
    end
  end
  return {is_held and 1 or 0, tonumber(meta[2]), objects, tonumber(position), tonumber(count)}
end)
