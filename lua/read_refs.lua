-- read_refs.lua: the ids that named refs point to, all at one moment.
-- KEYS  1 refs (hash)
-- ARGV  full names
-- Reply an id for each name, '' where there is no such ref
-- Cost  O(names); reads only
-- @include lib/refs.lua
local reply = {}
for at = 1, #ARGV do
  local value = redis.call('HGET', KEYS[1], ARGV[at])
  reply[at] = value and target_of(ARGV[at], value) or ''
end
return reply
