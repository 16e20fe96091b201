-- scan_contents.lua: a step through all objects and their bytes, in no order.
-- KEYS  1 objects (hash)
-- ARGV  1 cursor, 0 at first   2 objects a step   3 bytes that a reply may hold
-- Reply {next cursor, 0 at the end; bytes seen in this step; id, bytes, id, bytes, ...}; objects
--       that do not fit come with their size, an integer, in place of their bytes. An object that
--       is there from first to last step comes at least once
-- Cost  O(objects a step and their bytes); reads only
local scanned = redis.call('HSCAN', KEYS[1], ARGV[1], 'COUNT', ARGV[2])
local fields, room, seen = scanned[2], tonumber(ARGV[3]), 0
local reply = {scanned[1], 0}
for at = 1, #fields, 2 do
  local size = #fields[at + 1]
  seen = seen + size
  reply[at + 2] = fields[at]
  if size <= room then
    room = room - size
    reply[at + 3] = fields[at + 1]
  else
    reply[at + 3] = size
  end
end
reply[2] = seen
return reply
