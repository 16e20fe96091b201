-- put_objects.lua: stores objects whose bytes hash to their ids; ones that are there stay untouched.
-- KEYS  1 objects (hash)   2 meta (hash)
-- ARGV  first the format that the caller takes the store for; then id and bytes in turn; bytes are `kind size NUL content`
-- Reply the number of objects that were new
-- Error BADHASH id           the bytes do not hash to the id; nothing is stored (SHA-1 only: the
--                            server cannot compute SHA-256, the client has)
--       NOSTORE, FORMAT      the store is gone or another version's
-- Cost  O(bytes)
-- @include lib/object.lua
-- @include lib/meta.lua
return guarded(function()
  local objects = KEYS[1]
  local meta = redis.call('HMGET', KEYS[2], 'format', 'hash')
  check_format(meta[1], table.remove(ARGV, 1))
  if meta[2] == 'sha1' then
    for at = 1, #ARGV, 2 do
      if raw_id(redis.sha1hex(ARGV[at + 1])) ~= ARGV[at] then
        fail('BADHASH', hex_id(ARGV[at]))
      end
    end
  end
  local added = 0
  for at = 1, #ARGV, 2 do
    added = added + redis.call('HSETNX', objects, ARGV[at], ARGV[at + 1])
  end
  return added
end)
