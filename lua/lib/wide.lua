-- lib/wide.lua: wide directories, read: tries of small trees, as WideDirectories in the documentation
-- describes them. A node begins with its mark, `100644 ! COUNT[ DIGITS]`, whose digits all keys below
-- have in common; then come its children, `40000 !x` by their next digit x, and the entry whose key
-- ends there. What is no node is a bucket: a plain tree. Keys are the names, with a `/` after those
-- of trees, in hexadecimal digits.
-- Its functions are made when `wide_trees` is called first: other layouts need none of them.
-- @include lib/tree.lua

local made_wide_trees

local function wide_trees()
  if made_wide_trees then return made_wide_trees end

  -- The blob that marks refer to, by the width of ids.
  local function explanation_id(width)
    return raw_id(width == 20 and '8e86f97c322e904a0b9fc8a5beafd995c68784e9'
      or 'ec4350d1fc867895a76028a19491518947db47664bee066f4b2d28ff6a3cc572')
  end

  -- Whether a tree below a wide directory's top is a node.
  local function is_node(bytes, first)
    return string.sub(bytes, first, first + 8) == '100644 ! '
  end

  -- Whether a tree is the top of a wide directory, not somebody's own directory.
  local function is_wide(bytes, first, width)
    if not is_node(bytes, first) then return false end
    local zero = string.find(bytes, '\0', first, true)
    if not zero or string.sub(bytes, zero + 1, zero + width) ~= explanation_id(width) then
      return false
    end
    local text = string.sub(bytes, first + 9, zero - 1)
    local number = string.match(text, '^([1-9]%d*)$') or string.match(text, '^([1-9]%d*) [0-9a-f]+$')
    return number ~= nil and #number < 16
  end

  -- A node's count, the digits that its keys have in common, and where its children start.
  local function mark_of(bytes, first, width)
    local zero = string.find(bytes, '\0', first, true)
    if not zero then fail('BADTREE', 'an entry is cut off') end
    local count, skip = string.match(string.sub(bytes, first + 9, zero - 1), '^(%d+) ?([0-9a-f]*)$')
    if not count then fail('BADTREE', 'a wide directory has a node without its mark') end
    return tonumber(count), skip, zero + width + 1
  end

  -- Whether a node's child begins at `at`. What looks like one and is none is no part of a node.
  local function is_child(bytes, at)
    if string.byte(bytes, at + 6) ~= 33 then return false end
    if not string.find(bytes, '^40000 ![0-9a-f]%z', at) then
      fail('BADTREE', 'a wide directory has a node with an entry that is none of its parts')
    end
    return true
  end

  -- Where the id of the child with a digit is in a node whose children start at `at`; nil for none.
  local function child_place(bytes, at, digit, width)
    local byte, wanted = string.byte, string.byte(digit)
    if not wanted then return nil end
    while is_child(bytes, at) do
      if byte(bytes, at + 7) == wanted then return at + 9 end
      at = at + 9 + width
    end
  end

  -- The digits of a key.
  local function digits_of(key)
    local padding = -#key % 4
    return string.sub(hex_id(key .. string.rep('\0', padding)), 1, 2 * #key)
  end

  -- A name as it stands in nodes and buckets: never one of the structure's own.
  local function stored_name(name)
    local first = string.byte(name)
    if first and (first <= 33 or first == 37) then return '%' .. name end
    return name
  end

  -- Goes from a wide directory's top towards a name. `read` answers the bytes of a tree and where its
  -- entries start; `trail`, if there is one, gets the bytes of each node and the place of the id that was
  -- followed. Answers the tree in which the name would stand and what find_entry says of it there.
  local function follow_name(read, bytes, first, name, width, trail)
    local digits, place, stored = digits_of(name .. '/'), 1, stored_name(name)
    while is_node(bytes, first) do
      local _, skip, at = mark_of(bytes, first, width)
      if string.sub(digits, place, place + #skip - 1) ~= skip then return nil end
      place = place + #skip
      if place > 2 * #name then
        local start, stop, mode, id = find_entry(bytes, at, stored, width)
        if start then return bytes, start, stop, mode, id end
      end
      local child = child_place(bytes, at, string.sub(digits, place, place), width)
      if not child then return nil end
      if trail then trail[#trail + 1], trail[#trail + 2] = bytes, child end
      bytes, first = read(string.sub(bytes, child, child + width - 1))
      place = place + 1
    end
    return bytes, find_entry(bytes, first, stored, width)
  end

  made_wide_trees = {explanation_id = explanation_id, is_node = is_node, is_wide = is_wide,
    mark_of = mark_of, is_child = is_child, digits_of = digits_of, stored_name = stored_name, follow_name = follow_name}
  return made_wide_trees
end
