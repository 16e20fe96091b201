-- lib/tree.lua: tree objects: entries `mode SP name NUL id`, found in their bytes.
-- Entries are walked one by one: an id may hold any bytes, also ones that look like an entry.
-- @include lib/object.lua

local function is_tree_mode(mode)
  return mode == '40000' or mode == '040000'
end

-- Where a tree object's first entry starts.
local function first_entry(bytes, id)
  if string.sub(bytes, 1, 5) ~= 'tree ' then fail('NOTTREE', hex_id(id)) end
  local zero = string.find(bytes, '\0', 1, true)
  if not zero then fail('BADTREE', 'its size has no end') end
  return zero + 1
end

-- The entry of one name: where it starts and ends, its mode and its id; nothing when absent.
local function find_entry(bytes, first, name, width)
  local find, sub, byte = string.find, string.sub, string.byte
  local at, size, length, final = first, #bytes, #name + 1, byte(name, -1)
  while at <= size do
    local zero = find(bytes, '\0', at, true)
    if not zero or zero + width > size then fail('BADTREE', 'an entry is cut off') end
    -- The name ends at the zero; it is the wanted one if a mode, without spaces, stands before it.
    local space = zero - length
    if space > at and space < at + 8 and byte(bytes, zero - 1) == final
      and sub(bytes, space + 1, zero - 1) == name and find(bytes, ' ', at, true) == space then
      return at, zero + width, sub(bytes, at, space - 1), sub(bytes, zero + 1, zero + width)
    end
    at = zero + width + 1
  end
end
