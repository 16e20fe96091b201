-- create.lua: creates a store, or says what the one that is there is like.
-- KEYS  1 meta (hash)   2 objects (hash)   3 refs (hash)   4 log (stream)
-- ARGV  1 format   2 hash algorithm   3 what HEAD says, `ref: refs/heads/...`
--       4 entries that the log keeps   5 commits that a generation of tokens holds
--       6 what tells this store from another one that had its name, any bytes
--       7 layout of directories, `git` or `wide`   8 and 9 for `wide`: raw id and bytes of the blob that
--         the marks of wide directories refer to
-- Reply {`created` | `opened`, format, hash, head, position, layout}
-- Error WRONGTYPE  the key holds something else
--       DAMAGED key  the record of a store is gone, and other parts of it are there
-- Cost  O(1)
-- @include lib/log.lua
-- @include lib/failure.lua
return guarded(function()
  local meta = KEYS[1]
  local state = 'opened'
  if redis.call('EXISTS', meta) == 0 then
    for number = 2, 4 do
      if redis.call('EXISTS', KEYS[number]) == 1 then fail('DAMAGED', KEYS[number]) end
    end
    redis.call('HSET', meta, 'format', ARGV[1], 'hash', ARGV[2], 'head', ARGV[3], 'position', '0',
      'log', ARGV[4], 'tokens', ARGV[5], 'rotated', '0', 'horizon', '0',
      'generation', '0', 'turned', now(), 'id', ARGV[6], 'layout', ARGV[7])
    if ARGV[8] then redis.call('HSET', KEYS[2], ARGV[8], ARGV[9]) end
    state = 'created'
  end
  local values = redis.call('HMGET', meta, 'format', 'hash', 'head', 'position', 'layout')
  -- A `+` says that garbage is being collected: see lib/meta.lua.
  return {state, string.match(values[1] or '', '^(.-)%+?$'), values[2] or '', values[3] or '', values[4] or '',
    values[5] or ''}
end)
