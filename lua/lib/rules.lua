-- lib/rules.lua: what the store's settings forbid about moves of refs, whoever makes them. The settings are
-- fields `config.NAME` of the store's record; `read_meta` reads them with the rest.
-- @include lib/object.lua

-- How many commits are looked at to find out whether a branch moves forward.
local forward_limit = 1000

-- Whether a commit is among some commits and their ancestors: true, false, or nil when more commits than `limit`
-- would have to be looked at, or some that are stored no more.
local function leads_to(starts, id, limit)
  local queue, seen, at, unknown = {}, {}, 1, false
  local function add(commit)
    if not seen[commit] then
      seen[commit] = true
      queue[#queue + 1] = commit
    end
  end
  for _, commit in ipairs(starts) do add(commit) end
  while queue[at] do
    if queue[at] == id then return true end
    if at > limit then return nil end
    local bytes = stored(queue[at])
    -- What is no commit leads nowhere.
    if bytes and string.sub(bytes, 1, 7) == 'commit ' then
      local header = string.find(bytes, '\n\n', 1, true) or #bytes
      for hex in string.gmatch(string.sub(bytes, 1, header), '\nparent (%x+)') do add(raw_id(hex)) end
    end
    -- Beyond the boundary, where a history was cut.
    if not bytes and queue[at] ~= '' then unknown = true end
    at = at + 1
  end
  if unknown then return nil end
  return false
end

-- Whether a full name is one of some patterns, parted by spaces, in which `*` stands for any characters.
local function is_listed(patterns, name)
  for glob in string.gmatch(patterns, '%S+') do
    local pattern = string.gsub(string.gsub(glob, '[^%w*]', '%%%0'), '%*', '.*')
    if string.find(name, '^' .. pattern .. '$') then return true end
  end
  return false
end

-- Refuses a change of a ref that is at `old` which a setting forbids. `starts` is empty for a removal; else
-- the commits of which one must lead to `old` for the ref to move forward.
local function check_rules(meta, name, old, starts)
  if not (meta[11] or meta[12] or meta[13]) then return end
  local is_branch = string.sub(name, 1, 11) == 'refs/heads/'
  local is_protected = meta[13] and is_listed(meta[13], name)
  if #starts == 0 then
    if is_branch and meta[11] == 'true' then fail('DENIED', 'receive.denyDeletes removal ' .. name) end
    if is_protected then fail('DENIED', 'receive.protected removal ' .. name) end
    return
  end
  local rule = is_branch and meta[12] == 'true' and 'receive.denyNonFastForwards'
    or is_protected and 'receive.protected'
  if not rule then return end
  local answer = leads_to(starts, old, forward_limit)
  if answer == nil then fail('DENIED', rule .. ' unknown ' .. name) end
  if not answer then fail('DENIED', rule .. ' rewrite ' .. name) end
end
