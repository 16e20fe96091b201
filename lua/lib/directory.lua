-- lib/directory.lua: directories, what a path's steps name: one tree object each, or in the layout
-- `wide` a trie of them. With lib/directory_edit.lua, the only place that knows.
-- @include lib/wide.lua

-- The mode and the id of one name in the directory `id`; nothing when it is absent.
local function find_in_directory(id, name, layout)
  local bytes = read_object(id)
  local first = first_entry(bytes, id)
  if layout ~= 'wide' or not wide_trees().is_wide(bytes, first, #id) then
    local _, _, mode, found = find_entry(bytes, first, name, #id)
    return mode, found
  end
  local function read(part)
    local part_bytes = read_object(part)
    return part_bytes, first_entry(part_bytes, part)
  end
  local _, _, _, mode, found = wide_trees().follow_name(read, bytes, first, name, #id)
  return mode, found
end
