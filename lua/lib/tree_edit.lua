-- lib/tree_edit.lua: new and moved entries in the bytes of a tree object. A script that replaces an
-- entry in its place needs none of it, so its functions are made when `tree_editing` is called: a
-- script makes all of its functions anew each time that it runs.
-- @include lib/order.lua
-- @include lib/tree.lua

local function tree_editing()
  -- Git orders a tree's name as if it ended with a slash.
  local function order_of(mode, name)
    if is_tree_mode(mode) then return name .. '/' end
    return name
  end

  -- Where the entry at `at` has its space and its zero.
  local function parts(bytes, at, width)
    local space = string.find(bytes, ' ', at, true)
    local zero = space and string.find(bytes, '\0', space, true)
    if not zero or zero + width > #bytes then fail('BADTREE', 'an entry is cut off') end
    return space, zero
  end

  -- As find_entry for many names in one pass: `wanted` by name gets `first`, `last`, `mode`, `id`.
  local function find_entries(bytes, first, wanted, width)
    local sub, at = string.sub, first
    while at <= #bytes do
      local space, zero = parts(bytes, at, width)
      local entry = wanted[sub(bytes, space + 1, zero - 1)]
      if entry and not entry.first then
        entry.first, entry.last = at, zero + width
        entry.mode, entry.id = sub(bytes, at, space - 1), sub(bytes, zero + 1, zero + width)
      end
      at = zero + width + 1
    end
  end

  -- Where a new entry belongs: the start of the first entry after it, or the end.
  local function place_of(bytes, first, order, width)
    local starts, count, at = {}, 0, first
    while at <= #bytes do
      count = count + 1
      starts[count] = at
      local _, zero = parts(bytes, at, width)
      at = zero + width + 1
    end
    local low, high = 1, count + 1
    while low < high do
      local middle = math.floor((low + high) / 2)
      local start = starts[middle]
      local space, zero = parts(bytes, start, width)
      local other = order_of(string.sub(bytes, start, space - 1), string.sub(bytes, space + 1, zero - 1))
      if bytes_less(other, order) then low = middle + 1 else high = middle end
    end
    return starts[low] or #bytes + 1
  end

  -- The entries after edits, as bytes without a header.
  -- cuts:    {first, last, replacement or ''} by position
  -- inserts: {order, entry} in Git's order
  local function edit_entries(bytes, first, cuts, inserts, width)
    local sub = string.sub
    local pieces, from, cut, insert = {}, first, 1, 1
    local function emit(at, last, text)
      if at > from then pieces[#pieces + 1] = sub(bytes, from, at - 1) end
      if text ~= '' then pieces[#pieces + 1] = text end
      from = last + 1
    end
    local at = first
    while at <= #bytes and inserts[insert] do
      local space, zero = parts(bytes, at, width)
      local order = order_of(sub(bytes, at, space - 1), sub(bytes, space + 1, zero - 1))
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
    if from <= #bytes then pieces[#pieces + 1] = sub(bytes, from) end
    while inserts[insert] do
      pieces[#pieces + 1] = inserts[insert][2]
      insert = insert + 1
    end
    return table.concat(pieces)
  end

  return {order_of = order_of, find_entries = find_entries, place_of = place_of,
    edit_entries = edit_entries}
end
