-- list_refs.lua: a step through the refs, in no order.
-- KEYS  1 refs (hash)
-- ARGV  1 cursor, 0 at first   2 refs a step   3 what their full names start with, or ''
-- Reply {next cursor, 0 at the end; name, id, name, id, ...}; a ref may come more than once
-- Cost  O(refs a step); reads only
-- @include lib/refs.lua
local scanned = redis.call('HSCAN', KEYS[1], ARGV[1], 'COUNT', ARGV[2])
local fields, prefix = scanned[2], ARGV[3]
local reply = {scanned[1]}
for at = 1, #fields, 2 do
  local name = fields[at]
  if string.sub(name, -1) ~= '/' and string.sub(name, 1, #prefix) == prefix then
    reply[#reply + 1] = name
    reply[#reply + 1] = target_of(name, fields[at + 1])
  end
end
return reply
