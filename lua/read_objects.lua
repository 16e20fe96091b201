-- read_objects.lua: the bytes of objects, as many as fit into a reply of bounded size.
-- KEYS  1 objects (hash)   2 survivors (hash)
-- ARGV  1 bytes after which no further object is added   2.. ids
-- Reply an array no longer than the ids: bytes, or false where there is no such object
-- Cost  O(ids + bytes answered); reads only
-- @include lib/object.lua
local limit = tonumber(ARGV[1])
local reply, total = {}, 0
for at = 2, #ARGV do
  if at > 2 and total + stored_size(ARGV[at]) > limit then break end
  local bytes = stored(ARGV[at])
  reply[#reply + 1] = bytes
  if bytes then total = total + #bytes end
end
return reply
