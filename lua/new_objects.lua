-- new_objects.lua: what trees lead to that other trees do not have at the same place, depth first, as much as fits
-- into a reply of bounded size: what a reader would otherwise ask for level by level.
-- KEYS  1 objects (hash)   2 survivors (hash)
-- ARGV  1 bytes after which no further object is added   2 objects after which none is   3 bytes of an id
--       4.. for each tree its raw id, followed by those of the trees that it is compared with
-- Reply {id, bytes, id, bytes, ...}: trees, those compared with and blobs, each once. What is not stored, is damaged or
--       is kept in chunks is left out
-- Cost  O(entries of those trees + bytes answered); reads only
-- @include lib/object.lua
local find, sub = string.find, string.sub
local room, count, width = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local reply, sent = {}, {}

-- The bytes of an object, which go into the reply; nothing when there is no more room.
local function take(id)
  if sent[id] then return sent[id] end
  if room <= 0 or #reply >= 2 * count then return nil end
  local bytes = stored(id)
  if not bytes or is_large(bytes) then return nil end
  room = room - #bytes
  sent[id] = bytes
  reply[#reply + 1] = id
  reply[#reply + 1] = bytes
  return bytes
end

-- Calls visit(name, id, mode) for each entry of a tree that is read.
local function each_entry(id, visit)
  local bytes = take(id)
  if not bytes or sub(bytes, 1, 5) ~= 'tree ' then return end
  local at = (find(bytes, '\0', 1, true) or #bytes) + 1
  while at <= #bytes do
    local space = find(bytes, ' ', at, true)
    local zero = space and find(bytes, '\0', space, true)
    if not zero or zero + width > #bytes then return end
    visit(sub(bytes, space + 1, zero - 1), sub(bytes, zero + 1, zero + width), sub(bytes, at, space - 1))
    at = zero + width + 1
  end
end

local function is_folder(mode)
  return mode == '40000' or mode == '040000'
end

-- Trees to visit, the next one last: a deep tree is no deep recursion.
local stack, seen = {}, {}

local function visit_tree(id, others)
  if seen[id] then return end
  seen[id] = true
  -- What is known under each name: any ids, and those of folders.
  local known, folders = {}, {}
  for _, other in ipairs(others) do
    each_entry(other, function(name, entry, mode)
      known[name .. '\0' .. entry] = true
      if is_folder(mode) then
        folders[name] = folders[name] or {}
        table.insert(folders[name], entry)
      end
    end)
  end
  each_entry(id, function(name, entry, mode)
    if known[name .. '\0' .. entry] then return end
    if is_folder(mode) then
      stack[#stack + 1] = {entry, folders[name] or {}}
    elseif mode ~= '160000' then
      take(entry)
    end
  end)
end

for at = 4, #ARGV do
  local ids = {}
  for start = 1, #ARGV[at], width do ids[#ids + 1] = sub(ARGV[at], start, start + width - 1) end
  stack[1] = {table.remove(ids, 1), ids}
  while #stack > 0 and room > 0 do
    local next = table.remove(stack)
    visit_tree(next[1], next[2])
  end
  if room <= 0 then break end
end
return reply
