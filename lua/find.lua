-- find.lua: the entry at a path of a branch's head, a commit or a tree, in one round trip.
-- KEYS  1 objects (hash)   2 survivors (hash)   3 refs (hash)   4 meta (hash)
-- ARGV  1 `ref` or `id`   2 full name of the branch, or raw id of a commit or tree
--       3 `bytes` to get the object's bytes as well, or `entry`   4 layout of directories, as the caller
--       knows the store   5.. path steps
-- Reply {} when there is no such branch or object; {head} when nothing is at the path;
--       {head, mode, id} or {head, mode, id, bytes}; head is the branch's commit or the given id
-- Error FORMAT format  the store has another layout: it is another one under the same name
--       MISSING id    an object on the path, or the one found, is not stored
--       NOTTREE id    the id that was given is no commit and no tree
-- Cost  O(depth x entries of the directories on the path); reads only
-- @include lib/directory.lua
-- @include lib/refs.lua
return guarded(function()
  local meta = redis.call('HMGET', KEYS[4], 'layout', 'format')
  if meta[1] and meta[1] ~= ARGV[4] then fail('FORMAT', string.sub(meta[2] or '', 1, 1)) end
  local head, id
  if ARGV[1] == 'ref' then
    local value = redis.call('HGET', KEYS[3], ARGV[2])
    if not value then return {} end
    head, id = target_of(ARGV[2], value), tree_of_head(value)
  else
    local bytes = stored(ARGV[2])
    if not bytes then return {} end
    head, id = ARGV[2], tree_of_commit(bytes) or ARGV[2]
  end
  local mode = '40000'
  for at = 5, #ARGV do
    if not is_tree_mode(mode) then return {head} end
    mode, id = find_in_directory(id, ARGV[at], ARGV[4])
    if not mode then return {head} end
  end
  -- A submodule's commit lives in another repository.
  if ARGV[3] == 'entry' or mode == '160000' then return {head, mode, id} end
  return {head, mode, id, read_object(id)}
end)
