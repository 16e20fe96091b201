-- lib/edits.lua: the edits of a request, applied to the tree that a branch has now. An edit is five
-- of the request's arguments: path, expectation, action, mode, value. Edits of one directory are
-- neighbours, as their order is that of the paths with `/` before any other byte.
-- @include lib/directory_edit.lua
-- @include lib/wide_directory.lua
-- @include lib/values.lua

-- Whether the entry that the head has at a path is what the writer has seen there.
local function is_expected(request, expectation, mode, id)
  if expectation == '' then return not mode end
  if expectation == 'folder' then return not mode or is_tree_mode(mode) end
  if not mode then return false end
  local sub, first = string.sub, string.byte(expectation)
  if first == 107 then
    local kind = is_tree_mode(mode) and 'tree' or mode == '160000' and 'commit' or 'blob'
    return expectation == 'kind ' .. kind
  end
  if first ~= 110 then
    -- Old trees may have modes with a zero in front.
    if string.byte(mode) == 48 then mode = string.sub(mode, 2) end
    return expectation == mode .. ' ' .. id
  end
  if not is_tree_mode(mode) then return false end
  local width = #id
  if sub(expectation, 7, 6 + width) == id then return true end
  -- Not the same directory: does it have the same names?
  return redis.sha1hex(listing(request, id)) == sub(expectation, 7 + width)
end

-- What an edit's action leaves at its path, where an entry or nothing is.
local function act(request, edit, mode, id)
  local argv = request.argv
  local path, action, new_mode, value = argv[edit], argv[edit + 2], argv[edit + 3], argv[edit + 4]
  if action == 'remove' then return nil end
  if path == '' and not (action == 'entry' and is_tree_mode(new_mode)) then
    fail('BADEDIT', 'the root is a directory')
  end
  if action == 'blob' then return new_mode, keep(request, value) end

  if action == 'entry' then
    if new_mode == '160000' then return new_mode, value end
    local is_tree = is_tree_mode(new_mode)
    -- A large blob's bytes are not worth reading: that something is there is enough.
    if is_tree or stored_size(value) <= 1048576 then
      local bytes = read_for(request, value)
      if string.sub(bytes, 1, 5) ~= (is_tree and 'tree ' or 'blob ') and (is_tree or not is_large(bytes)) then
        fail('BADENTRY', hex_id(value))
      end
    end
    use_again(request, value)
    return new_mode, value
  end

  local actions = '|increment|insert|discard|append|assign|stamp|tally|extend|shift|'
  if not string.find(actions, '|' .. action .. '|', 1, true) then
    fail('BADEDIT', path)
  end
  local old
  if mode then
    if mode == '160000' or mode == '120000' or is_tree_mode(mode) then
      conflict(request, path, 'kind', mode, id)
      return mode, id
    end
    if stored_size(id) > 262144 then fail('TOOLARGE', 'value') end
    old = read_for(request, id)
    if is_large(old) then fail('TOOLARGE', 'value') end
    local zero = string.find(old, '\0', 1, true)
    if not zero then fail('BADENTRY', hex_id(id)) end
    old = string.sub(old, zero + 1)
  end
  local content, problem = change_value(action, old, value)
  if problem then
    conflict(request, path, problem, mode, id)
    return mode, id
  end
  if content == old then return mode, id end
  if not content then return nil end
  return mode or '100644', keep(request, 'blob ' .. #content .. '\0' .. content)
end

local rewrite_directory

-- Applies the edits from argument `low` to `high` to one entry: those whose paths end before `at`
-- are its own, the others lie below it. Answers what is there afterwards, whether any acts, and whether
-- any has put something there, though another may have taken it away again.
local function rewrite_entry(request, mode, id, low, high, at)
  local argv = request.argv
  local new_mode, new_id, acts, puts = mode, id, false, false
  while low <= high do
    local path, expectation = argv[low], argv[low + 1]
    if #path >= at then break end
    if #path == at - 1 and at > 1 then fail('BADPATH', path) end
    if expectation ~= '*' and not is_expected(request, expectation, mode, id) then
      conflict(request, path, expectation == 'folder' and 'kind' or 'expected', mode, id)
    end
    if argv[low + 2] ~= '' then
      new_mode, new_id = act(request, low, new_mode, new_id)
      acts, puts = true, puts or new_mode ~= nil
    end
    low = low + 5
  end
  if low > high then return new_mode, new_id, acts, puts end
  local inner = mode and is_tree_mode(mode) and id or nil
  local changed, acts_below, puts_below = rewrite_directory(request, inner, low, high, at)
  if acts_below then
    -- A directory that is set or removed as a whole contradicts an edit inside it.
    if acts then fail('BADEDIT', argv[low]) end
    -- A blob has become a directory also where nothing of that is left.
    if changed ~= inner or puts_below and not inner then
      new_mode, new_id = changed and '40000', changed
    end
    acts = true
  end
  return new_mode, new_id, acts, puts or puts_below
end

-- The step of a path that begins at `at`. One that Git's own check would reject is refused; the
-- library refuses a few more, which some file systems take for `.git`, before it sends them.
local function step_at(path, at)
  local slash = string.find(path, '/', at, true)
  local step = string.sub(path, at, slash and slash - 1 or -1)
  local first = string.byte(step)
  local is_bad = not first or slash == #path or string.find(step, '\0', 1, true)
  -- Only names that begin with `.` or `g` need a closer look.
  if first == 46 or first == 103 or first == 71 then
    local plain = string.gsub(string.lower(step), '[. ]+$', '')
    is_bad = is_bad or step == '.' or step == '..' or plain == '.git' or plain == 'git~1'
  end
  if is_bad then fail('BADPATH', path) end
  return step
end

-- The last of the edits from `low` to `high` that begin with the same step.
local function last_of_step(argv, low, high, at, step)
  local stop = at + #step
  while low < high do
    local path = argv[low + 5]
    local after = string.byte(path, stop)
    if after and after ~= 47 or string.sub(path, at, stop - 1) ~= step then break end
    low = low + 5
  end
  return low
end

-- As rewrite_directory in the layout `wide`.
local function rewrite_wide_directory(request, id, low, high, at)
  local argv, seen, changes, acts, puts = request.argv, {}, {}, false, false
  local wide = wide_directories()
  local directory = wide.open(request, id)
  while low <= high do
    local step = step_at(argv[low], at)
    local last = last_of_step(argv, low, high, at, step)
    if seen[step] then fail('BADEDIT', argv[low]) end
    seen[step] = true
    local old_mode, old_id, found = wide.entry_of(directory, step)
    local mode, new_id, acts_below, puts_below = rewrite_entry(request, old_mode, old_id, low, last,
      at + #step + 1)
    acts, puts = acts or acts_below, puts or puts_below
    if mode ~= old_mode or new_id ~= old_id then
      changes[#changes + 1] = {name = step, old_mode = old_mode, mode = mode, id = new_id,
        found = found}
    end
    low = last + 5
  end
  if #changes == 0 then return id, acts, puts end
  return wide.change(request, directory, changes), acts, puts
end

-- Applies edits inside a directory, nil for none. Answers its id afterwards, nil when it is empty,
-- whether any of them acts, and whether any puts something.
function rewrite_directory(request, id, low, high, at)
  local argv, is_wide = request.argv, request.is_wide
  local step = step_at(argv[low], at)
  local last = last_of_step(argv, low, high, at, step)
  if is_wide and last ~= high then return rewrite_wide_directory(request, id, low, high, at) end
  local bytes, first
  if id then bytes, first = touch_directory(request, id) end
  if is_wide and id and string.sub(bytes, first, first + 8) == '100644 ! ' then
    -- A node, or what looks like one: it is read again.
    request.touched = request.touched - #bytes
    return rewrite_wide_directory(request, id, low, high, at)
  end
  if last == high then
    local place, stop, old_mode, old_id
    if id then place, stop, old_mode, old_id = find_entry(bytes, first, step, #id) end
    local mode, new_id, acts, puts = rewrite_entry(request, old_mode, old_id, low, high, at + #step + 1)
    if mode == old_mode and new_id == old_id then return id, acts, puts end
    if is_wide and not stays_small(bytes, first, step, old_mode, mode) then
      local directory = {id = id, bytes = bytes, first = first, is_wide = false}
      local change = {name = step, old_mode = old_mode, mode = mode, id = new_id}
      return wide_directories().change(request, directory, {change}), acts, puts
    end
    return replace_entry(request, bytes, first, step, place, stop, old_mode, mode, new_id), acts, puts
  end

  local names, entries = {}, {}
  while true do
    if entries[step] then fail('BADEDIT', argv[low]) end
    names[#names + 1], entries[step] = step, {from = low, to = last}
    low = last + 5
    if low > high then break end
    step = step_at(argv[low], at)
    last = last_of_step(argv, low, high, at, step)
  end
  local editing = tree_editing()
  if id then editing.find_entries(bytes, first, entries, #id) end
  local acts, puts, changed = false, false, false
  for number = 1, #names do
    local name = names[number]
    local entry = entries[name]
    local mode, new_id, acts_below, puts_below = rewrite_entry(request, entry.mode, entry.id,
      entry.from, entry.to, at + #name + 1)
    entry.new_mode, entry.new_id = mode, new_id
    acts, puts = acts or acts_below, puts or puts_below
    changed = changed or mode ~= entry.mode or new_id ~= entry.id
  end
  if not changed then return id, acts, puts end
  return replace_entries(request, editing, bytes, first, names, entries), acts, puts
end
