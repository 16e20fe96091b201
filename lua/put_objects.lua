-- put_objects.lua: stores objects whose bytes hash to their ids; ones that are there stay untouched.
-- KEYS  1 objects (hash)   2 survivors (hash)   3 meta (hash)   4 leases (hash)   5 worklist (list)
-- ARGV  first the format that the caller takes the store for; then the raw id of the lease that protects
--       them until a ref leads to them, '' for none; then id and bytes in turn; bytes are
--       `kind size NUL content`, or what stands for a large blob, as lib/object.lua says, after its chunks
-- Reply {the number of objects that were new, the number of collections that have ended}
-- Error BADHASH id           the bytes do not hash to the id; nothing is stored (SHA-1 only: the
--                            server cannot compute SHA-256, the client has)
--       QUOTA what limit     the store may hold no more `objects` or `bytes`
--       LEASE                the lease has run out: what was stored under it may have been collected
--       NOSTORE, FORMAT      the store is gone or another version's
-- Cost  O(bytes)
-- @include lib/quota.lua
-- @include lib/meta.lua
-- @include lib/lease.lua
return guarded(function()
  local meta = redis.call('HMGET', KEYS[3], 'format', 'hash', 'collecting', 'collected', 'config.quota.objects',
    'config.quota.bytes', 'objects', 'bytes')
  check_format(meta[1], table.remove(ARGV, 1))
  local lease = table.remove(ARGV, 1)
  if meta[2] == 'sha1' then
    for at = 1, #ARGV, 2 do
      -- The whole of a large blob is not here to be hashed.
      if not is_large(ARGV[at + 1]) and raw_id(redis.sha1hex(ARGV[at + 1])) ~= ARGV[at] then
        fail('BADHASH', hex_id(ARGV[at]))
      end
    end
  end
  check_quota(meta, 5, ARGV, 1, #ARGV)
  if lease ~= '' then renew_lease(KEYS[4], lease) end
  local added, size = 0, 0
  for at = 1, #ARGV, 2 do
    local id, bytes, is_new = ARGV[at], ARGV[at + 1], 0
    if not meta[3] then
      is_new = redis.call('HSETNX', KEYS[1], id, bytes)
    else
      -- Whatever is under way to a ref is kept by this collection, with all below it that is there.
      local is_leaf = string.byte(bytes) == 98
      if redis.call('HEXISTS', KEYS[1], id) == 1 then
        redis.call('RPUSH', KEYS[5], id .. 'u')
      else
        if not is_leaf then redis.call('RPUSH', KEYS[5], id .. 'u') end
        is_new = redis.call('HSETNX', KEYS[2], id, bytes)
      end
    end
    added, size = added + is_new, size + is_new * #bytes
  end
  if meta[7] then count_stored(KEYS[3], added, size) end
  return {added, tonumber(meta[4] or 0)}
end)
