-- set_head.lua: which branch the store's HEAD names, or a detached commit.
-- KEYS  1 meta (hash)
-- ARGV  1 `ref: refs/heads/...` or 40 or 64 hexadecimal digits
-- Reply 1
-- Error NOSTORE, FORMAT   the store is gone or another version's
-- Cost  O(1)
-- @include lib/meta.lua
return guarded(function()
  check_format(redis.call('HGET', KEYS[1], 'format'))
  redis.call('HSET', KEYS[1], 'head', ARGV[1])
  return 1
end)
