-- lease.lua: begins, renews and ends a lease on what is in the store, as lib/lease.lua describes it.
-- KEYS  1 objects (hash)   2 survivors (hash)   3 meta (hash)   4 leases (hash)   5 worklist (list)
-- ARGV  1 `begin`, `renew` or `end`   2 raw id of the lease
--       for begin: 3 milliseconds that it lasts unless it is renewed   4.. raw ids that are kept with all
--         that they lead to
--       for renew: 3.. ids that the holder relies on
-- Reply for begin and renew, for each id the kind of the object, '' when there is none; for end 1
-- Error LEASE            the lease has run out
--       NOSTORE, FORMAT  the store is gone or another version's
-- Cost  O(ids and their bytes)
-- @include lib/object.lua
-- @include lib/meta.lua
-- @include lib/lease.lua
return guarded(function()
  local meta = redis.call('HMGET', KEYS[3], 'format', 'collecting', 'collections')
  check_format(meta[1])
  local action, lease = ARGV[1], ARGV[2]
  -- A collection needs leases also when the server's memory is full: it goes on when a script has written.
  redis.call('HDEL', KEYS[4], '')
  if action == 'end' then
    redis.call('HDEL', KEYS[4], lease)
    return 1
  end
  if action == 'renew' then renew_lease(KEYS[4], lease) end
  local reply, first = {}, action == 'begin' and 4 or 3
  for at = first, #ARGV do
    local id = ARGV[at]
    local bytes = stored(id)
    reply[#reply + 1] = bytes and string.match(bytes, '^%l+') or ''
    -- What an upload finds may be what an earlier one has left unfinished.
    if bytes and meta[2] then redis.call('RPUSH', KEYS[5], id .. (action == 'renew' and 'u' or '')) end
  end
  if action == 'begin' then
    local kept = {}
    for at = 1, #reply do kept[at] = reply[at] ~= '' and ARGV[3 + at] or '' end
    write_lease(KEYS[4], lease, meta[3] or '0', ARGV[3], table.concat(kept))
  end
  return reply
end)
