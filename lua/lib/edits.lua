-- lib/edits.lua: the edits of one commit, as a tree of the paths that they name.
-- @include lib/directory.lua

-- Whether a step is one that Git's own check would reject. The library refuses a few more names
-- that some file systems take for `.git` before it sends them.
local function bad_step(step)
  if step == '' or step == '.' or step == '..' or string.find(step, '\0', 1, true) then return true end
  local plain = string.gsub(string.lower(step), '[. ]+$', '')
  return plain == '.git' or plain == 'git~1'
end

-- The node of a path below `root`, made with the nodes above it when it is not there yet.
local function node_at(root, path)
  local node, at = root, 1
  if path == '' then return root end
  while at do
    local slash = string.find(path, '/', at, true)
    local step = string.sub(path, at, slash and slash - 1 or -1)
    if bad_step(step) then fail('BADPATH', path) end
    if not node.kids then node.kids, node.names = {}, {} end
    local kid = node.kids[step]
    if not kid then
      kid = {}
      node.kids[step] = kid
      node.names[#node.names + 1] = step
    end
    node, at = kid, slash and slash + 1
  end
  return node
end

-- Looks up what is at each named path now, and collects {path, entry or ''} of each expectation
-- that does not hold. Only directories that lead to a named path are read. `above` is whether a
-- directory on the way is set or removed as a whole, which an edit inside it would contradict.
local function inspect(objects, node, path, above, conflicts)
  if node.action and above then fail('BADEDIT', path) end
  if node.expect then
    local found = node.old_mode and (node.old_mode .. ' ' .. node.old_id) or ''
    if found ~= node.expect then
      conflicts[#conflicts + 1] = path
      conflicts[#conflicts + 1] = found
    end
  end
  if not node.names then return end
  if node.old_mode and is_tree_mode(node.old_mode) then
    open_directory(objects, node, node.old_id)
  end
  for _, name in ipairs(node.names) do
    inspect(objects, node.kids[name], path == '' and name or path .. '/' .. name,
      above or node.action, conflicts)
  end
end

-- Decides what is at each named path afterwards, from the leaves up: new_mode and new_id, or
-- nothing. A blob on the way to a new entry becomes a directory; an empty directory disappears.
local function apply(node, width, store)
  if node.action == 'remove' then return end
  if node.action then
    node.new_mode, node.new_id = node.mode, node.id
    return
  end
  if node.names then
    local grows = false
    for _, name in ipairs(node.names) do
      apply(node.kids[name], width, store)
      grows = grows or node.kids[name].new_mode
    end
    if node.bytes or grows then
      node.new_mode, node.new_id = edit_directory(node, width, store)
      return
    end
  end
  node.new_mode, node.new_id = node.old_mode, node.old_id
end
