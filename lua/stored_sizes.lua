-- stored_sizes.lua: how many bytes are stored of some objects.
-- KEYS  1 objects (hash)   2 survivors (hash)
-- ARGV  ids
-- Reply a number for each id, 0 where there is no such object
-- Cost  O(ids); reads only
-- @include lib/object.lua
local reply = {}
for at = 1, #ARGV do reply[at] = stored_size(ARGV[at]) end
return reply
