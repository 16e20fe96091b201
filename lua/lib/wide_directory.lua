-- lib/wide_directory.lua: directories of the layout `wide` that a request looks at and changes. Its
-- functions are made when `wide_directories` is called first: other layouts need none of them.
-- @include lib/directory_edit.lua

local made_wide_directories

local function wide_directories()
  if made_wide_directories then return made_wide_directories end
  local wide = wide_trees()

  -- A directory of the layout `wide` that is looked at and changed; nil for none.
  local function open_directory(request, id)
    local directory = {request = request, id = id, is_wide = false}
    if id then
      directory.bytes, directory.first = touch_directory(request, id)
      directory.is_wide = wide.is_wide(directory.bytes, directory.first, #id)
    end
    return directory
  end

  -- The mode and the id of one name, and where it was found, for a change of it.
  local function entry_of(directory, name)
    local id, bytes, first = directory.id, directory.bytes, directory.first
    if not id then return nil, nil, {} end
    if not directory.is_wide then
      local place, stop, mode, found = find_entry(bytes, first, name, #id)
      return mode, found, {place = place, stop = stop}
    end
    local trail = {}
    local function read(part) return touch_directory(directory.request, part) end
    local bucket, place, stop, mode, found = wide.follow_name(read, bytes, first, name, #id, trail)
    return mode, found, {place = place, stop = stop, bucket = bucket, trail = trail}
  end

  -- The directory after changes of some names, each with its mode and id now, nil for removed, and the
  -- mode it had; nil when it is empty.
  local function change_directory(request, directory, changes)
    local bytes, first, id = directory.bytes, directory.first, directory.id
    local change = changes[1]
    local mode, old_mode, found = change.mode, change.old_mode, change.found
    -- A value in its place moves nothing: the ids on the way to it change.
    if #changes == 1 and directory.is_wide and mode and old_mode
      and is_tree_mode(mode) == is_tree_mode(old_mode)
      and wide.mark_of(bytes, first, #id) > wide_limit then
      local sub, trail, bucket = string.sub, found.trail, found.bucket
      local new = replace_entry(request, bucket, first_entry(bucket, id), wide.stored_name(change.name),
        found.place, found.stop, old_mode, mode, change.id)
      for at = #trail - 1, 1, -2 do
        local node, child = trail[at], trail[at + 1]
        new = keep(request, sub(node, 1, child - 1) .. new .. sub(node, child + #id))
      end
      return new
    end
    return wide_editing(request, touch_directory).changed(id, bytes, first, directory.is_wide, changes)
  end

  made_wide_directories = {open = open_directory, entry_of = entry_of, change = change_directory}
  return made_wide_directories
end
