-- lib/tree.lua: tree objects: entries `mode SP name NUL id`, found and replaced in their bytes.
-- @include lib/object.lua

local function is_tree_mode(mode)
  return mode == '40000' or mode == '040000'
end

local function tree_entry(mode, name, id)
  return mode .. ' ' .. name .. '\0' .. id
end

-- Compares by bytes. The operator < follows the server's locale, Git does not.
local function bytes_less(a, b)
  local byte = string.byte
  local shorter = #a < #b and #a or #b
  for at = 1, shorter do
    local x, y = byte(a, at), byte(b, at)
    if x ~= y then return x < y end
  end
  return #a < #b
end

-- Git orders a tree's name as if it ended with a slash.
local function tree_order(mode, name)
  if is_tree_mode(mode) then return name .. '/' end
  return name
end

-- Reads a tree object and answers its bytes and where its first entry starts.
local function read_tree(objects, id)
  local bytes = read_object(objects, id)
  if string.sub(bytes, 1, 5) ~= 'tree ' then fail('NOTTREE', hex_id(id)) end
  return bytes, string.find(bytes, '\0', 1, true) + 1
end

-- The entry of one name: where it starts and ends, its mode and its id; nothing when absent.
-- Entries are walked one by one: an id may hold any bytes, also ones that look like an entry.
local function find_entry(bytes, first, name, width)
  local find, sub = string.find, string.sub
  local at, size, length = first, #bytes, #name
  while at <= size do
    local space = find(bytes, ' ', at, true)
    local zero = space and find(bytes, '\0', space, true)
    if not zero or zero + width > size then fail('BADTREE', 'an entry is cut off') end
    if zero - space - 1 == length and sub(bytes, space + 1, zero - 1) == name then
      return at, zero + width, sub(bytes, at, space - 1), sub(bytes, zero + 1, zero + width)
    end
    at = zero + width + 1
  end
end

-- As find_entry for many names in one pass: calls found(name, first, last, mode, id).
local function find_entries(bytes, first, wanted, width, found)
  local find, sub = string.find, string.sub
  local at, size = first, #bytes
  while at <= size do
    local space = find(bytes, ' ', at, true)
    local zero = space and find(bytes, '\0', space, true)
    if not zero or zero + width > size then fail('BADTREE', 'an entry is cut off') end
    local name = sub(bytes, space + 1, zero - 1)
    if wanted[name] then
      found(name, at, zero + width, sub(bytes, at, space - 1), sub(bytes, zero + 1, zero + width))
    end
    at = zero + width + 1
  end
end

-- The entries of a tree after edits, as bytes without a header.
-- cuts:    {first, last, replacement or ''} by position
-- inserts: {order, entry} in Git's order
local function edit_entries(bytes, first, width, cuts, inserts)
  local find, sub = string.find, string.sub
  local pieces, from, cut, insert = {}, first, 1, 1
  local function emit(at, last, text)
    if at > from then pieces[#pieces + 1] = sub(bytes, from, at - 1) end
    if text ~= '' then pieces[#pieces + 1] = text end
    from = last + 1
  end
  local at, size = first, #bytes
  while at <= size and inserts[insert] do
    local space = find(bytes, ' ', at, true)
    local zero = find(bytes, '\0', space, true)
    local order = tree_order(sub(bytes, at, space - 1), sub(bytes, space + 1, zero - 1))
    while inserts[insert] and bytes_less(inserts[insert][1], order) do
      emit(at, at - 1, inserts[insert][2])
      insert = insert + 1
    end
    if cuts[cut] and cuts[cut][1] == at then
      emit(at, cuts[cut][2], cuts[cut][3])
      cut = cut + 1
    end
    at = zero + width + 1
  end
  while cuts[cut] do
    emit(cuts[cut][1], cuts[cut][2], cuts[cut][3])
    cut = cut + 1
  end
  if from <= size then pieces[#pieces + 1] = sub(bytes, from, size) end
  while inserts[insert] do
    pieces[#pieces + 1] = inserts[insert][2]
    insert = insert + 1
  end
  return table.concat(pieces)
end
