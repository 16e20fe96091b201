-- missing_objects.lua: which of some objects are not stored.
-- KEYS  1 objects (hash)
-- ARGV  ids
-- Reply those ids that have no object, in the order given
-- Cost  O(ids), whatever the objects' sizes; reads only
local reply = {}
for at = 1, #ARGV do
  if redis.call('HEXISTS', KEYS[1], ARGV[at]) == 0 then reply[#reply + 1] = ARGV[at] end
end
return reply
