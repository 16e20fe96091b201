-- lib/wide_edit.lua: changes of wide directories that move entries. The same entries always give the
-- same objects, whatever the changes were that made them; the library's `WideEditor` makes them, too.
-- Its functions are made when `wide_editing` is called: most commits need none of them.
-- @include lib/wide.lua
-- @include lib/order.lua
-- @include lib/request.lua

-- The entries of one tree at most: `DirectoryLayout.bucketSize`.
local wide_limit = 32

-- `touch` answers the bytes of a tree and where its entries start.
local function wide_editing(request, touch)
  local sub, find = string.sub, string.find
  local digits = '0123456789abcdef'
  local wide = wide_trees()
  local is_node, digits_of, stored_name = wide.is_node, wide.digits_of, wide.stored_name

  local function key_order(a, b) return bytes_less(a.key, b.key) end

  local function key_of(name, mode)
    return is_tree_mode(mode) and name .. '/' or name
  end

  -- The entries of a plain tree, in the order of their keys.
  local function entries_of_tree(bytes, first, width, is_bucket)
    local entries, at, needs_sorting = {}, first, not is_bucket
    while at <= #bytes do
      local space = find(bytes, ' ', at, true)
      local zero = space and find(bytes, '\0', space, true)
      if not zero or zero + width > #bytes then fail('BADTREE', 'an entry is cut off') end
      local mode, name = sub(bytes, at, space - 1), sub(bytes, space + 1, zero - 1)
      local written = mode
      if string.byte(mode) == 48 then mode = sub(mode, 2) end
      if is_bucket and string.byte(name) == 37 then
        name, needs_sorting = sub(name, 2), true
      end
      entries[#entries + 1] = {key = key_of(name, mode), name = name, mode = mode,
        written = written, id = sub(bytes, zero + 1, zero + width)}
      at = zero + width + 1
    end
    if needs_sorting then table.sort(entries, key_order) end
    return {entries = entries, count = #entries}
  end

  -- The node or bucket in a tree below the top. A node's children are raw ids, or groups that were
  -- changed.
  local function group_of(bytes, first, width)
    if not is_node(bytes, first) then return entries_of_tree(bytes, first, width, true) end
    local count, skip, at = wide.mark_of(bytes, first, width)
    local node = {children = {}, count = count, skip = skip, terminal = nil}
    while wide.is_child(bytes, at) do
      node.children[sub(bytes, at + 7, at + 7)] = sub(bytes, at + 9, at + 8 + width)
      at = at + 9 + width
    end
    if at <= #bytes then
      local own = entries_of_tree(bytes, at, width, true)
      if own.count > 1 or string.byte(own.entries[1].name) == 33 and string.byte(bytes, at + 7) == 33 then
        fail('BADTREE', 'a wide directory has a node with an entry that is none of its parts')
      end
      node.terminal = own.entries[1]
    end
    return node
  end

  local function loaded(child)
    if type(child) == 'table' then return child end
    local bytes, first = touch(request, child)
    return group_of(bytes, first, #child)
  end

  -- Appends all entries of a group, in order.
  local function gather(group, entries)
    if group.entries then
      for _, entry in ipairs(group.entries) do entries[#entries + 1] = entry end
      return entries
    end
    if group.terminal then entries[#entries + 1] = group.terminal end
    for at = 1, 16 do
      local child = group.children[sub(digits, at, at)]
      if child then gather(loaded(child), entries) end
    end
    return entries
  end

  -- How many digits, from a place on, are the same.
  local function agreement(text, place, other)
    local length = math.min(#text - place + 1, #other)
    if length < 1 then return 0 end
    if sub(text, place, place + length - 1) == sub(other, 1, length) then return length end
    for at = 1, length do
      if string.byte(text, place + at - 1) ~= string.byte(other, at) then return at - 1 end
    end
  end

  -- A node over entries `low` to `high`, which have `digits`; its children are parted only as far as
  -- they are too large.
  local function parted(entries, low, high, place)
    local first, last = entries[low].digits, entries[high].digits
    local shared = sub(first, 1, place - 1)
    for at = low, high do
      -- Somebody may have put a name where it does not belong, by hand.
      if at > low and entries[at - 1].digits >= entries[at].digits
        or sub(entries[at].digits, 1, place - 1) ~= shared then
        fail('BADTREE', 'a wide directory has a name where it does not belong')
      end
    end
    local length = low == high and #first - place + 1 or agreement(first, place, sub(last, place))
    local node = {children = {}, count = high - low + 1, skip = sub(first, place, place + length - 1)}
    place = place + length
    if #first < place then
      node.terminal = entries[low]
      low = low + 1
    end
    while low <= high do
      local digit, to = sub(entries[low].digits, place, place), low
      while to < high and sub(entries[to + 1].digits, place, place) == digit do to = to + 1 end
      if to - low < wide_limit then
        local part = {}
        for at = low, to do part[#part + 1] = entries[at] end
        node.children[digit] = {entries = part, count = #part}
      else
        node.children[digit] = parted(entries, low, to, place + 1)
      end
      low = to + 1
    end
    return node
  end

  local function with_digits(entries)
    for _, entry in ipairs(entries) do entry.digits = digits_of(entry.key) end
    return entries
  end

  local function grouped(entries, place)
    if #entries == 0 then return nil end
    if #entries <= wide_limit then return {entries = entries, count = #entries} end
    return parted(with_digits(entries), 1, #entries, place)
  end

  -- Entries after changes `low` to `high`, both in the order of their keys.
  local function merged(entries, changes, low, high)
    local result, at = {}, 1
    for number = low, high do
      local change = changes[number]
      while entries[at] and bytes_less(entries[at].key, change.key) do
        result[#result + 1] = entries[at]
        at = at + 1
      end
      if entries[at] and entries[at].key == change.key then at = at + 1 end
      if change.id then result[#result + 1] = change end
    end
    for number = at, #entries do result[#result + 1] = entries[number] end
    return result
  end

  -- A group that stands at a place of the keys after changes; nil when it is empty.
  local function change_group(group, place, changes, low, high)
    if group.entries then return grouped(merged(group.entries, changes, low, high), place) end
    local node, common = group, #group.skip
    for number = low, high do
      local change = changes[number]
      if change.id then common = math.min(common, agreement(change.digits, place, node.skip)) end
    end
    if common < #node.skip then
      -- A new key that leaves the common digits parts the node there.
      local rest = {children = node.children, count = node.count, terminal = node.terminal,
        skip = sub(node.skip, common + 2)}
      node = {children = {[sub(node.skip, common + 1, common + 1)] = rest}, count = node.count,
        skip = sub(node.skip, 1, common)}
    end
    -- All changes have these digits now: what is removed was there.
    local stop = place + #node.skip
    while low <= high do
      local change = changes[low]
      if #change.digits < stop then
        node.count = node.count + (change.id and 1 or 0) - (node.terminal and 1 or 0)
        node.terminal = change.id and change or nil
        low = low + 1
      else
        local digit, to = sub(change.digits, stop, stop), low
        while to < high and #changes[to + 1].digits >= stop
          and sub(changes[to + 1].digits, stop, stop) == digit do
          to = to + 1
        end
        local child = node.children[digit]
        child = child and loaded(child) or {entries = {}, count = 0}
        -- Changing a group in memory changes its count.
        local before = child.count
        local result = change_group(child, stop + 1, changes, low, to)
        node.count = node.count + (result and result.count or 0) - before
        node.children[digit] = result
        low = to + 1
      end
    end
    -- In the only form that its entries have. What a mark says is not enough to remove anything.
    local digit = next(node.children)
    if node.count <= wide_limit or not digit and not node.terminal then
      local entries = gather(node, {})
      if #entries ~= node.count then
        fail('BADTREE', 'a wide directory has other entries than its mark says')
      end
      return #entries > 0 and {entries = entries, count = #entries} or nil
    end
    if node.terminal or not digit or next(node.children, digit) then return node end
    local below = loaded(node.children[digit])
    if below.entries then return node end
    below.skip = node.skip .. digit .. below.skip
    return below
  end

  local write_group

  local function tree_of(entries, is_top)
    local parts = {}
    for number, entry in ipairs(entries) do
      local name = is_top and entry.name or stored_name(entry.name)
      parts[number] = {key = key_of(name, entry.mode),
        -- Small directories from elsewhere keep modes as they were written.
        text = (is_top and entry.written or entry.mode) .. ' ' .. name .. '\0' .. entry.id}
    end
    table.sort(parts, key_order)
    for number, part in ipairs(parts) do parts[number] = part.text end
    local content = table.concat(parts)
    return 'tree ' .. #content .. '\0' .. content
  end

  local function write_node(node, width)
    if node.count >= 1000000000000000 then
      fail('BADTREE', 'a wide directory has a mark that counts more than there can be')
    end
    local mark = '100644 ! ' .. string.format('%d', node.count)
    if node.skip ~= '' then mark = mark .. ' ' .. node.skip end
    local parts = {mark .. '\0' .. wide.explanation_id(width)}
    for at = 1, 16 do
      local digit = sub(digits, at, at)
      local child = node.children[digit]
      if child then parts[#parts + 1] = '40000 !' .. digit .. '\0' .. write_group(child, width) end
    end
    local terminal = node.terminal
    if terminal then
      parts[#parts + 1] = terminal.mode .. ' ' .. stored_name(terminal.name) .. '\0' .. terminal.id
    end
    local content = table.concat(parts)
    return keep(request, 'tree ' .. #content .. '\0' .. content)
  end

  function write_group(group, width)
    if type(group) == 'string' then return group end
    if group.entries then return keep(request, tree_of(group.entries, false)) end
    return write_node(group, width)
  end

  local function write_top(group, width)
    if not group.entries then return write_node(group, width) end
    local bytes = tree_of(group.entries, true)
    if wide.is_wide(bytes, find(bytes, '\0', 1, true) + 1, width) then
      -- Somebody's own directory that looks like a node is made one, so that it is not taken for one.
      return write_node(parted(with_digits(group.entries), 1, group.count, 1), width)
    end
    return keep(request, bytes)
  end

  -- A directory after changes of names; nil when it is empty.
  local function changed(id, bytes, first, is_top, names)
    local group, width = {entries = {}, count = 0}, 20
    if is_top then
      group = group_of(bytes, first, width)
    elseif id then
      group = entries_of_tree(bytes, first, width, false)
      -- Making a trie of a large directory is the client's work.
      if group.count > 2000 then fail('TOOLARGE', 'directories') end
    end
    local changes = {}
    for _, change in ipairs(names) do
      local name, mode, old_mode = change.name, change.mode, change.old_mode
      -- What the name stood for may be of the other kind, at another place.
      if old_mode and (not mode or is_tree_mode(mode) ~= is_tree_mode(old_mode)) then
        changes[#changes + 1] = {key = key_of(name, old_mode)}
      end
      if mode then
        changes[#changes + 1] = {key = key_of(name, mode), name = name, mode = mode, id = change.id}
      end
    end
    table.sort(with_digits(changes), key_order)
    local result = change_group(group, 1, changes, 1, #changes)
    return result and write_top(result, width)
  end

  return {
    changed = changed,
    entries_below = function(id) return gather(loaded(id), {}) end,
  }
end
