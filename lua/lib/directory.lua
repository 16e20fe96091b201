-- lib/directory.lua: directories, what a path's steps name. In the `git` layout a directory is one
-- tree object; another layout would change this file and lib/directory_edit.lua, and nothing above
-- them.
-- @include lib/tree.lua

-- The mode and the id of one name in the directory `id`; nothing when it is absent.
local function find_in_directory(objects, id, name)
  local bytes = read_object(objects, id)
  local _, _, mode, found = find_entry(bytes, first_entry(bytes, id), name, #id)
  return mode, found
end
