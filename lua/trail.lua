-- trail.lua: the trees of a wide directory on the way to one name, in one round trip.
-- KEYS  1 objects (hash)   2 survivors (hash)
-- ARGV  1 raw id of the directory   2 name
-- Reply {id, bytes, ...} from the top on; the top alone when the directory is one tree
-- Error MISSING id    a tree on the way is not stored
--       NOTTREE id    what is on the way is no tree
-- Cost  O(digits of the name at most); reads only
-- @include lib/wide.lua
return guarded(function()
  local reply = {}
  local function read(id)
    local bytes = read_object(id)
    reply[#reply + 1], reply[#reply + 2] = id, bytes
    return bytes, first_entry(bytes, id)
  end
  local bytes, first = read(ARGV[1])
  if wide_trees().is_wide(bytes, first, #ARGV[1]) then
    wide_trees().follow_name(read, bytes, first, ARGV[2], #ARGV[1])
  end
  return reply
end)
