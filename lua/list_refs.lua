-- list_refs.lua: a step through the refs, in no order, and what else is known of them at that moment.
-- KEYS  1 objects (hash)   2 survivors (hash)   3 refs (hash)   4 meta (hash)
-- ARGV  1 cursor, 0 at first   2 refs a step   3 what their full names start with, or ''
--       4 `peel` to be told what annotated tags lead to in the end, or ''
-- Reply {next cursor, 0 at the end; position of the last change of a ref; what HEAD says; name, id, peeled id,
--       ...}; a ref may come more than once; a peeled id is '' where there is no tag or its end is not known
-- Cost  O(refs a step); reads only
-- @include lib/refs.lua

-- What a tag leads to, through other tags; '' for what is no tag.
local function peeled(id)
  local found = ''
  -- As many as a chain may sensibly have.
  for _ = 1, 16 do
    local bytes = stored(id)
    local hex = bytes and string.match(bytes, '^tag %d+%zobject (%x+)\n')
    if not hex or #hex ~= 2 * #id then return found end
    found = raw_id(hex)
    id = found
  end
  return ''
end

local scanned = redis.call('HSCAN', KEYS[3], ARGV[1], 'COUNT', ARGV[2])
local meta = redis.call('HMGET', KEYS[4], 'position', 'head')
local fields, prefix, peels = scanned[2], ARGV[3], ARGV[4] == 'peel'
local reply = {scanned[1], tonumber(meta[1] or 0), meta[2] or ''}
for at = 1, #fields, 2 do
  local name = fields[at]
  if string.sub(name, -1) ~= '/' and string.sub(name, 1, #prefix) == prefix then
    local id = target_of(name, fields[at + 1])
    reply[#reply + 1] = name
    reply[#reply + 1] = id
    reply[#reply + 1] = peels and string.sub(name, 1, 11) ~= 'refs/heads/' and peeled(id) or ''
  end
end
return reply
