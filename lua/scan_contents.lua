-- scan_contents.lua: a step through all objects and their bytes, in no order.
-- KEYS  1 objects (hash)   2 survivors (hash)   3 meta (hash)
-- ARGV  1 cursor, 0 at first   2 objects a step   3 bytes that a reply may hold
-- Reply {next cursor, 0 at the end; bytes seen in this step; id, bytes, id, bytes, ...}; objects
--       that do not fit come with their size, an integer, in place of their bytes. An object that
--       is there from first to last step comes at least once
-- Cost  O(objects a step and their bytes); reads only
-- @include lib/object_scan.lua
local next_cursor, fields = scan_step(KEYS[3], ARGV[1], ARGV[2])
local room, seen = tonumber(ARGV[3]), 0
local reply = {next_cursor, 0}
for at = 1, #fields, 2 do
  local size = #fields[at + 1]
  seen = seen + size
  -- What is empty was moved, and comes from where it is now.
  if size > 0 then
    reply[#reply + 1] = fields[at]
    if size <= room then
      room = room - size
      reply[#reply + 1] = fields[at + 1]
    else
      reply[#reply + 1] = size
    end
  end
end
reply[2] = seen
return reply
