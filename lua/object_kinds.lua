-- object_kinds.lua: which objects are stored, and of what kind.
-- KEYS  1 objects (hash)   2 survivors (hash)
-- ARGV  ids
-- Reply for each id `blob`, `large` for one in chunks, `tree`, `commit` or `tag`; '' when there is none; another word, or `?`,
--       for what is stored there and is no object
-- Cost  O(bytes of those objects); reads only
-- @include lib/object.lua
local reply = {}
for at = 1, #ARGV do
  local bytes = stored(ARGV[at])
  reply[at] = bytes and (string.match(bytes, '^%l+') or '?') or ''
end
return reply
