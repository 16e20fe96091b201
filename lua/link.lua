-- link.lua: records that an index leads to a key, both low-level keys of the caller's choice.
-- KEYS  1 links (hash)   2 meta (hash)
-- ARGV  1 index   2 key
-- Reply 1
-- Error NOSTORE, FORMAT  the store is gone or another version's
-- Cost  O(1)
-- @include lib/meta.lua
return guarded(function()
  check_format(redis.call('HGET', KEYS[2], 'format'))
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
  return 1
end)
