-- lib/quota.lua: what a store holds, counted where a setting limits it, and what that forbids. `objects` and
-- `bytes` of the record are there while there is a quota: from then on they count what comes, the client adds what
-- was there, and the end of the first collection of garbage after that makes them exact. `meta[at]` to `meta[at + 3]` are the quotas of objects and of bytes and these two.
-- @include lib/object.lua

-- Refuses objects, ids and bytes in turn from item `first` to `last`, if the store may not hold them as well.
local function check_quota(meta, at, items, first, last)
  if not meta[at + 2] then return end
  local objects, bytes = 0, 0
  for place = first, last, 2 do
    if not is_stored(items[place]) then
      objects, bytes = objects + 1, bytes + #items[place + 1]
    end
  end
  if objects == 0 then return end
  if meta[at] and meta[at + 2] + objects > tonumber(meta[at]) then fail('QUOTA', 'objects ' .. meta[at]) end
  if meta[at + 1] and meta[at + 3] + bytes > tonumber(meta[at + 1]) then
    fail('QUOTA', 'bytes ' .. meta[at + 1])
  end
end

local function count_stored(record, objects, bytes)
  redis.call('HINCRBY', record, 'objects', objects)
  redis.call('HINCRBY', record, 'bytes', bytes)
end
