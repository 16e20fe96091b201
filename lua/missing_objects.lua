-- missing_objects.lua: which of some objects are not stored.
-- KEYS  1 objects (hash)   2 survivors (hash)
-- ARGV  ids
-- Reply those ids that have no object, in the order given
-- Cost  O(ids), whatever the objects' sizes; reads only
-- @include lib/object.lua
local reply = {}
for at = 1, #ARGV do
  if not is_stored(ARGV[at]) then reply[#reply + 1] = ARGV[at] end
end
return reply
