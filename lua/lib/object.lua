-- lib/object.lua: Git objects as they are stored, `kind size NUL content`, by raw id.
-- @include lib/id.lua
-- @include lib/failure.lua

-- The bytes of an object; one that is missing is an error wherever it is met.
local function read_object(objects, id)
  local bytes = redis.call('HGET', objects, id)
  if not bytes then fail('MISSING', hex_id(id)) end
  return bytes
end

-- The raw id of a commit's root tree; nil when the object is no commit.
local function tree_of_commit(bytes)
  local _, _, hex = string.find(bytes, '^commit %d+%z?tree (%x+)\n')
  if not hex then return nil end
  return raw_id(hex)
end
