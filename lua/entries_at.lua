-- entries_at.lua: the entry at one path of many trees, in one round trip.
-- KEYS  1 objects (hash)   2 survivors (hash)   3 meta (hash)
-- ARGV  1 layout of directories, as the caller knows the store   2 how many steps the path has
--       3.. the steps, then raw ids of root trees
-- Reply an array as long as the ids: mode, a space and the raw id; false where nothing is at the path
-- Error FORMAT format  the store has another layout: it is another one under the same name
--       MISSING id    a tree on the way is not stored
--       NOTTREE id    what is on the way is no tree
-- Cost  O(ids + different directories on the way x their entries); reads only
-- @include lib/directory.lua
return guarded(function()
  local layout, count = ARGV[1], tonumber(ARGV[2])
  local meta = redis.call('HMGET', KEYS[3], 'layout', 'format')
  if meta[1] and meta[1] ~= layout then fail('FORMAT', string.sub(meta[2] or '', 1, 1)) end
  -- What each step found, by the directory it was looked for in: neighbours in a history share most.
  local known = {}
  for step = 1, count do known[step] = {} end
  local reply = {}
  for at = 3 + count, #ARGV do
    local mode, id = '40000', ARGV[at]
    for step = 1, count do
      local found = false
      if is_tree_mode(mode) then
        found = known[step][id]
        if found == nil then
          local found_mode, found_id = find_in_directory(id, ARGV[2 + step], layout)
          found = found_mode and {found_mode, found_id} or false
          known[step][id] = found
        end
      end
      if not found then
        mode = nil
        break
      end
      mode, id = found[1], found[2]
    end
    reply[#reply + 1] = mode and (mode .. ' ' .. id) or false
  end
  return reply
end)
