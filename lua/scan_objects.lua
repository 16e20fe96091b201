-- scan_objects.lua: a step through the ids of all objects, in no order.
-- KEYS  1 objects (hash)   2 survivors (hash)   3 meta (hash)
-- ARGV  1 cursor, 0 at first   2 objects a step   3 hexadecimal digits that ids start with, or ''
-- Reply {next cursor, 0 at the end; bytes seen in this step; id, size, id, size, ...}; an object
--       that is there from first to last step comes at least once
-- Cost  O(objects a step and their bytes); reads only
-- @include lib/id.lua
-- @include lib/object_scan.lua
local next_cursor, fields = scan_step(KEYS[3], ARGV[1], ARGV[2])
local prefix, seen = ARGV[3], 0
local reply = {next_cursor, 0}
for at = 1, #fields, 2 do
  local size = #fields[at + 1]
  seen = seen + size
  if size > 0 and (prefix == '' or string.sub(hex_id(fields[at]), 1, #prefix) == prefix) then
    reply[#reply + 1] = fields[at]
    reply[#reply + 1] = size
  end
end
reply[2] = seen
return reply
