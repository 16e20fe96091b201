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

-- Whether a plain tree of the layout `wide`, nil for none, is one still after one name changes. A name of
-- the structure's own kind needs a closer look.
local function stays_small(bytes, first, name, old_mode, mode)
  if string.byte(name) == 33 then return false end
  if not bytes then return true end
  local is_replaced = mode and old_mode
  if not is_replaced and string.find(bytes, '100644 ! ', first, true) then return false end
  local limit = mode and not old_mode and wide_limit - 1 or wide_limit
  -- No entry is shorter than a name of one byte with a tree's mode.
  if #bytes - first + 1 < (limit + 1) * 28 then return true end
  local count, at, size = 0, first, #bytes
  while at <= size do
    count = count + 1
    if count > limit then return false end
    local zero = string.find(bytes, '\0', at, true)
    if not zero then fail('BADTREE', 'an entry is cut off') end
    at = zero + 21
  end
  return true
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
  if request.is_wide and wide_trees().is_wide(bytes, first, width) then
    for _, entry in ipairs(wide_editing(request, touch_directory).entries_below(id)) do
      pieces[#pieces + 1] = entry.mode .. ' ' .. entry.name .. '\0'
    end
  else
    take(bytes, first)
  end
  return table.concat(pieces)
end
