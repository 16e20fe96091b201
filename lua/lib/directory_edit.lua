-- lib/directory_edit.lua: changing directories for a request.
-- @include lib/request.lua
-- @include lib/tree_edit.lua
-- @include lib/wide_edit.lua

-- The bytes of a directory and where its first entry starts. So many bytes of them may be touched
-- by one request: more would hold up the server for too long.
local function touch_directory(request, id)
  local bytes = read_for(request, id)
  request.touched = request.touched + #bytes
  if request.touched > 1048576 then fail('TOOLARGE', 'directories') end
  return bytes, first_entry(bytes, id)
end

-- A directory with one entry set, replaced or, for no mode, removed; nil when it is empty then.
-- `place` and `stop` are where the entry was in `bytes`, nil when it is new.
local function replace_entry(request, bytes, first, name, place, stop, old_mode, mode, id)
  local sub = string.sub
  if mode and mode == old_mode then
    -- Nothing but the id is different: header and length stay.
    return keep(request, sub(bytes, 1, stop - #id) .. id .. sub(bytes, stop + 1))
  end
  local entry = mode and mode .. ' ' .. name .. '\0' .. id or ''
  local content
  if not bytes then
    content = entry
  elseif not mode or place and is_tree_mode(mode) == is_tree_mode(old_mode) then
    content = sub(bytes, first, place - 1) .. entry .. sub(bytes, stop + 1)
  else
    -- A new entry, or a blob in the place of a directory, whose order is another.
    if place then bytes = sub(bytes, 1, place - 1) .. sub(bytes, stop + 1) end
    local editing = tree_editing()
    local at = editing.place_of(bytes, first, editing.order_of(mode, name), #id)
    content = sub(bytes, first, at - 1) .. entry .. sub(bytes, at)
  end
  if content == '' then return nil end
  return keep(request, 'tree ' .. #content .. '\0' .. content)
end

-- As replace_entry for many: `entries` by name, each with `mode` and `id` as they were, `first` and
-- `last` where it was, and `new_mode` and `new_id`.
local function replace_entries(request, editing, bytes, first, names, entries)
  local cuts, inserts, width = {}, {}, 20
  for number = 1, #names do
    local name = names[number]
    local entry = entries[name]
    local mode, id = entry.new_mode, entry.new_id
    if mode ~= entry.mode or id ~= entry.id then
      local text = mode and mode .. ' ' .. name .. '\0' .. id or ''
      local stays = entry.first and mode and is_tree_mode(mode) == is_tree_mode(entry.mode)
      if entry.first then cuts[#cuts + 1] = {entry.first, entry.last, stays and text or ''} end
      if mode and not stays then inserts[#inserts + 1] = {editing.order_of(mode, name), text} end
    end
  end
  table.sort(cuts, function(a, b) return a[1] < b[1] end)
  table.sort(inserts, function(a, b) return bytes_less(a[1], b[1]) end)
  local content = editing.edit_entries(bytes or '', first or 1, cuts, inserts, width)
  if content == '' then return nil end
  return keep(request, 'tree ' .. #content .. '\0' .. content)
end

-- The names and modes of the directory `id` in Git's order: each entry but for its id.
local function listing(request, id)
  local width, pieces = #id, {}
  local function take(bytes, at)
    while at <= #bytes do
      local zero = string.find(bytes, '\0', at, true)
      if not zero or zero + width > #bytes then fail('BADTREE', 'an entry is cut off') end
      -- Old trees may have modes with a zero in front.
      if string.byte(bytes, at) == 48 then at = at + 1 end
      pieces[#pieces + 1] = string.sub(bytes, at, zero)
      at = zero + width + 1
    end
  end
  local bytes, first = touch_directory(request, id)
  if request.is_wide and is_wide(bytes, first, width) then
    for _, entry in ipairs(wide_editing(request, touch_directory).entries_below(id)) do
      pieces[#pieces + 1] = entry.mode .. ' ' .. entry.name .. '\0'
    end
  else
    take(bytes, first)
  end
  return table.concat(pieces)
end

-- A directory of the layout `wide` that is looked at and changed; nil for none.
local function open_directory(request, id)
  local directory = {request = request, id = id, is_wide = false}
  if id then
    directory.bytes, directory.first = touch_directory(request, id)
    directory.is_wide = is_wide(directory.bytes, directory.first, #id)
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
  local bucket, place, stop, mode, found = follow_name(read, bytes, first, name, #id, trail)
  return mode, found, {place = place, stop = stop, bucket = bucket, trail = trail}
end

-- Whether a plain tree has so many entries at most.
local function has_at_most(bytes, first, limit, width)
  -- No entry is shorter than a name of one byte with a tree's mode.
  if #bytes - first + 1 < (limit + 1) * (8 + width) then return true end
  local count, at = 0, first
  while at <= #bytes do
    count = count + 1
    if count > limit then return false end
    local zero = string.find(bytes, '\0', at, true)
    if not zero then fail('BADTREE', 'an entry is cut off') end
    at = zero + width + 1
  end
  return true
end

-- The directory after changes of some names, each with its mode and id now, nil for removed, and the
-- mode it had; nil when it is empty.
local function change_directory(request, directory, changes)
  local bytes, first, id = directory.bytes, directory.first, directory.id
  local change = changes[1]
  local mode, old_mode, found = change.mode, change.old_mode, change.found
  if #changes == 1 then
    -- A value in its place moves nothing: the ids on the way to it change.
    if directory.is_wide and mode and old_mode and is_tree_mode(mode) == is_tree_mode(old_mode) then
      local sub, trail, bucket = string.sub, found.trail, found.bucket
      local new = replace_entry(request, bucket, first_entry(bucket, id), stored_name(change.name),
        found.place, found.stop, old_mode, mode, change.id)
      for at = #trail - 1, 1, -2 do
        local node, child = trail[at], trail[at + 1]
        new = keep(request, sub(node, 1, child - 1) .. new .. sub(node, child + #id))
      end
      return new
    end
    -- A small directory that stays one. A name of the structure's own kind needs a closer look.
    local limit = mode and not old_mode and wide_limit - 1 or wide_limit
    if not directory.is_wide and not (bytes and string.find(bytes, '100644 ! ', first, true))
      and string.sub(change.name, 1, 2) ~= '! '
      and (not bytes or has_at_most(bytes, first, limit, #id)) then
      return replace_entry(request, bytes, first, change.name, found.place, found.stop, old_mode, mode,
        change.id)
    end
  end
  return wide_editing(request, touch_directory).changed(id, bytes, first, directory.is_wide, changes)
end
