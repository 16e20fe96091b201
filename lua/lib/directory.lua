-- lib/directory.lua: directories, what a path's steps name. In the `git` layout a directory is one
-- tree object; another layout would change the functions of this file and nothing above it.
-- @include lib/tree.lua

-- Looks the names of `node.kids` up in the directory `id` and gives each kid that is there its
-- place (`first`, `last`), `old_mode` and `old_id`. Keeps what edit_directory needs in the node.
local function open_directory(objects, node, id)
  local bytes, first = read_tree(objects, id)
  node.bytes, node.start = bytes, first
  local kids, names = node.kids, node.names
  if #names == 1 then
    local kid = kids[names[1]]
    kid.first, kid.last, kid.old_mode, kid.old_id = find_entry(bytes, first, names[1], #id)
    return
  end
  find_entries(bytes, first, kids, #id, function(name, at, last, mode, entry_id)
    local kid = kids[name]
    if not kid.first then
      kid.first, kid.last, kid.old_mode, kid.old_id = at, last, mode, entry_id
    end
  end)
end

-- Writes the changed kids of `node` into its directory. `store(kind, content)` keeps an object and
-- answers its id. Answers the new directory's mode and id; nothing when it has become empty.
local function edit_directory(node, width, store)
  local cuts, inserts, kids = {}, {}, node.kids
  for _, name in ipairs(node.names) do
    local kid = kids[name]
    local mode, id = kid.new_mode, kid.new_id
    if mode ~= kid.old_mode or id ~= kid.old_id then
      local entry = mode and tree_entry(mode, name, id) or ''
      local stays = kid.first and mode and is_tree_mode(mode) == is_tree_mode(kid.old_mode)
      if kid.first then
        cuts[#cuts + 1] = {kid.first, kid.last, stays and entry or ''}
      end
      if mode and not stays then
        inserts[#inserts + 1] = {tree_order(mode, name), entry}
      end
    end
  end
  if #cuts == 0 and #inserts == 0 then return node.old_mode, node.old_id end
  if #cuts > 1 then table.sort(cuts, function(a, b) return a[1] < b[1] end) end
  if #inserts > 1 then
    table.sort(inserts, function(a, b) return bytes_less(a[1], b[1]) end)
  end
  local content = edit_entries(node.bytes or '', node.start or 1, width, cuts, inserts)
  if content == '' then return nil end
  return '40000', store('tree', content)
end
