-- scan_sizes.lua: a step through all objects, what each is and how large, in no order.
-- KEYS  1 objects (hash)   2 survivors (hash)   3 meta (hash)
-- ARGV  1 cursor, 0 at first   2 objects a step
-- Reply {next cursor, 0 at the end; bytes seen in this step; id, header, bytes kept, ...}: the header is such
--       as `blob 12`, '' for what has none; an object that is there from first to last step comes at least once
-- Cost  O(objects a step and their bytes); reads only
-- @include lib/object_scan.lua
-- @include lib/header.lua
local next_cursor, fields = scan_step(KEYS[3], ARGV[1], ARGV[2])
local reply, seen = {next_cursor, 0}, 0
for at = 1, #fields, 2 do
  local size = #fields[at + 1]
  seen = seen + size
  -- What is empty was moved, and comes from where it is now.
  if size > 0 then
    reply[#reply + 1] = fields[at]
    reply[#reply + 1] = header_of(fields[at + 1])
    reply[#reply + 1] = size
  end
end
reply[2] = seen
return reply
