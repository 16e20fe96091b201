-- scan_sizes.lua: a step through all objects, what each is and how large, in no order.
-- KEYS  1 objects (hash)   2 survivors (hash)   3 meta (hash)
-- ARGV  1 cursor, 0 at first   2 objects a step
-- Reply {next cursor, 0 at the end; bytes seen in this step; id, header, bytes kept, ...}: the header is such
--       as `blob 12`, '' for what has none; an object that is there from first to last step comes at least once
-- Cost  O(objects a step and their bytes); reads only
-- @include lib/object_scan.lua
-- @include lib/header.lua
local next_cursor, fields = scan_step(KEYS[3], ARGV[1], ARGV[2])
local reply = {next_cursor, 0}
reply[2] = add_sizes(reply, fields)
return reply
