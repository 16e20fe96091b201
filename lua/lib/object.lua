-- lib/object.lua: Git objects as they are stored, `kind size NUL content`, by raw id: KEYS[1] holds them,
-- and while garbage is collected KEYS[2] does as well. What is kept moves there and leaves '' behind; what
-- is new is written there. Both keys are the first two of every script that includes this.
-- In place of a large blob there is `large size chunk-size NUL`, then the raw ids of the blobs that it is cut into.
-- @include lib/id.lua
-- @include lib/failure.lua

local survivors_first = false

-- What a branch's head leads to is nearly always there when garbage is collected: it is new, or was visited.
local function look_at_survivors_first() survivors_first = true end

-- The bytes of an object; false for one that is not stored.
local function stored(id)
  if survivors_first then return redis.call('HGET', KEYS[2], id) or redis.call('HGET', KEYS[1], id) end
  local bytes = redis.call('HGET', KEYS[1], id)
  if not bytes or bytes == '' then return redis.call('HGET', KEYS[2], id) end
  return bytes
end

local function is_stored(id)
  return redis.call('HEXISTS', KEYS[1], id) == 1 or redis.call('HEXISTS', KEYS[2], id) == 1
end

-- An object's size in bytes, 0 for one that is not stored.
local function stored_size(id)
  local size = redis.call('HSTRLEN', KEYS[1], id)
  if size == 0 then return redis.call('HSTRLEN', KEYS[2], id) end
  return size
end

local function is_large(bytes)
  return string.sub(bytes, 1, 6) == 'large '
end

-- The bytes of an object; one that is missing is an error wherever it is met.
local function read_object(id)
  local bytes = stored(id)
  if not bytes then fail('MISSING', hex_id(id)) end
  return bytes
end

-- The raw id of a commit's root tree; nil when the object is no commit.
local function tree_of_commit(bytes)
  local _, _, hex = string.find(bytes, '^commit %d+%z?tree (%x+)\n')
  if not hex then return nil end
  return raw_id(hex)
end
