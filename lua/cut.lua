-- cut.lua: changes the boundary, the commits whose parents do not count. Retention in the documentation has what
-- may happen between the steps of those who call it.
-- KEYS  1 objects (hash)   2 survivors (hash)   3 meta (hash)   4 leases (hash)   5 shallow (set)
--       6 worklist (list)
-- ARGV  1 what is done with the commits:
--         `cut`      they come to the boundary, those that are stored, if it has not been changed since the caller
--                    has read it
--         `receive`  they come to the boundary before they are stored: what brings them lacks their parents
--         `join`     they leave it, those whose parents are all stored
--         `sweep`    they leave it, those that are not stored, unless somebody may be about to store them
--       2 raw id of the caller's lease   3 for cut: how often the boundary was changed when it was read
--       4.. raw ids
-- Reply {how often the boundary was changed now, commits that came or left}; {`moved`} when it was changed since
-- Error LEASE            the lease has run out
--       NOSTORE, FORMAT  the store is gone or another version's
-- Cost  O(commits and their parents)
-- @include lib/object.lua
-- @include lib/meta.lua
-- @include lib/lease.lua
return guarded(function()
  local call, shallow = redis.call, KEYS[5]
  local meta = call('HMGET', KEYS[3], 'format', 'boundary', 'collecting')
  check_format(meta[1])
  local action, changes = ARGV[1], meta[2] or '0'
  if action == 'cut' and changes ~= ARGV[3] then return {'moved'} end
  -- From here on the server lets it go on, also when its memory is full: it has written.
  call('HDEL', KEYS[4], '')
  renew_lease(KEYS[4], ARGV[2])
  local changed = 0

  -- Whether all of a commit's parents are stored. With them is all that they lead to: no object in the store
  -- lacks what it leads to.
  local function is_whole(bytes)
    local header, parents = string.find(bytes, '\n\n', 1, true) or #bytes, {}
    for hex in string.gmatch(string.sub(bytes, 1, header), '\nparent (%x+)') do
      parents[#parents + 1] = raw_id(hex)
      if not is_stored(parents[#parents]) then return false end
    end
    -- A collection that came by when they did not count must keep them now.
    if meta[3] and parents[1] then call('RPUSH', KEYS[6], unpack(parents)) end
    return true
  end

  for at = 4, #ARGV do
    local id = ARGV[at]
    if action == 'cut' or action == 'receive' then
      if action == 'receive' or is_stored(id) then changed = changed + call('SADD', shallow, id) end
    elseif call('SISMEMBER', shallow, id) == 1 then
      local bytes = stored(id)
      if action == 'join' and bytes and is_whole(bytes)
        or action == 'sweep' and not bytes and call('HLEN', KEYS[4]) == 1 then
        changed = changed + call('SREM', shallow, id)
      end
    end
  end
  if changed > 0 then
    changes = string.format('%d', changes + 1)
    call('HSET', KEYS[3], 'boundary', changes)
  end
  return {tonumber(changes), changed}
end)
