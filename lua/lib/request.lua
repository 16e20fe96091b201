-- lib/request.lua: what a commit request gathers while it is looked at: new objects, written all at
-- once at the end, and what stands against it.
-- @include lib/object.lua

-- `new` holds ids and bytes in turn. `last_id` and `last_hex` are those of the newest object.
local function new_request(argv, layout)
  -- The fields are all there from the start, and `new` has room for a usual commit: growing costs.
  return {argv = argv, count = 0, touched = 0, branch = 0, last_id = false,
    last_hex = false, is_wide = layout == 'wide', conflicts = false, old = false, index = false, indexed = 0,
    new = {nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil}}
end

-- Keeps an object for the end and answers its id.
local function keep(request, bytes)
  local hex = redis.sha1hex(bytes)
  local id = raw_id(hex)
  local new, count = request.new, request.count
  new[count + 1], new[count + 2] = id, bytes
  request.count, request.last_id, request.last_hex = count + 2, id, hex
  return id
end

-- Notes that an object that was there before, if it was, is used again: nothing else may lead to it.
local function use_again(request, id)
  local old = request.old or {}
  request.old = old
  old[#old + 1] = id
end

-- The bytes of an object that the request brings or makes; nil for another.
local function new_object(request, id)
  local new, index = request.new, request.index or {}
  request.index = index
  for at = request.indexed + 1, request.count, 2 do index[new[at]] = new[at + 1] end
  request.indexed = request.count
  return index[id]
end

-- The bytes of an object, stored or new.
local function read_for(request, id)
  local bytes = stored(id) or new_object(request, id)
  if not bytes then fail('MISSING', hex_id(id)) end
  return bytes
end

-- Notes what stands against the request: a reason, and the entry that is at the path now.
local function conflict(request, path, reason, mode, id)
  local conflicts = request.conflicts or {}
  request.conflicts = conflicts
  local size = #conflicts
  conflicts[size + 1], conflicts[size + 2], conflicts[size + 3] = request.branch, path, reason
  conflicts[size + 4] = mode and (mode .. ' ' .. id) or ''
end
