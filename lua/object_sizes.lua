-- object_sizes.lua: what objects are and how large, without their bytes, as far as one step may read.
-- KEYS  1 objects (hash)   2 survivors (hash)
-- ARGV  1 bytes after which no further object is read   2.. ids
-- Reply {header, bytes kept, header, bytes kept, ...} for no more ids than there are: the header is such as
--       `blob 12`, '' for what has none; false and 0 where nothing is stored
-- Cost  O(ids + bytes read); reads only
-- @include lib/object.lua
-- @include lib/header.lua
local limit = tonumber(ARGV[1])
local reply, total = {}, 0
for at = 2, #ARGV do
  if at > 2 and total + stored_size(ARGV[at]) > limit then break end
  local bytes = stored(ARGV[at])
  reply[#reply + 1] = bytes and header_of(bytes)
  reply[#reply + 1] = bytes and #bytes or 0
  if bytes then total = total + #bytes end
end
return reply
