-- walk_commits.lua: commits and their ancestors, breadth first, as far as a reply may grow. What is before the
-- store's boundary is no ancestor.
-- KEYS  1 objects (hash)   2 survivors (hash)   3 shallow (set)
-- ARGV  1 commits at most   2.. raw ids to start from
-- Reply {those of the boundary, one raw id after another; id, bytes, id, bytes, ...}; an id that is not stored
--       comes with false, and so does the first field where the store has no boundary
-- Cost  O(commits answered); reads only
-- @include lib/object.lua
local limit = tonumber(ARGV[1])
local queue, seen, reply, cut = {}, {}, {''}, {}
local is_cut = redis.call('EXISTS', KEYS[3]) == 1
for at = 2, #ARGV do
  queue[#queue + 1] = ARGV[at]
  seen[ARGV[at]] = true
end
local at = 1
while queue[at] and at <= limit do
  local id = queue[at]
  local bytes = stored(id)
  reply[#reply + 1] = id
  reply[#reply + 1] = bytes
  if is_cut and redis.call('SISMEMBER', KEYS[3], id) == 1 then
    cut[#cut + 1] = id
  elseif bytes then
    local header = string.find(bytes, '\n\n', 1, true) or #bytes
    for hex in string.gmatch(string.sub(bytes, 1, header), '\nparent (%x+)') do
      local parent = raw_id(hex)
      if not seen[parent] then
        seen[parent] = true
        queue[#queue + 1] = parent
      end
    end
  end
  at = at + 1
end
reply[1] = is_cut and table.concat(cut)
return reply
