-- lib/refs.lua: refs by full name. A branch's value is its commit's id and, right after it, the id
-- of that commit's root tree; any other ref's value is one id. A field that ends with a slash
-- counts the refs below it, so that `a` and `a/b` cannot both exist, as in Git.
-- @include lib/object.lua

-- The raw id that a ref's value starts with. Widths tell a commit's id from commit and tree.
local function target_of(name, value)
  if string.sub(name, 1, 11) == 'refs/heads/' then return string.sub(value, 1, #value / 2) end
  return value
end

local function tree_of_head(value)
  return string.sub(value, #value / 2 + 1)
end

-- What making and removing refs needs; made when it is called for, as most scripts only move them.
local function ref_folders(refs)
  -- Calls visit(prefix) for refs/heads/a/ and so on above `name`.
  local function each(name, visit)
    local at = string.find(name, '/', 1, true)
    at = at and string.find(name, '/', at + 1, true)
    while at do
      visit(string.sub(name, 1, at))
      at = string.find(name, '/', at + 1, true)
    end
  end

  local made = {}

  -- Refuses a new ref that is a folder of others or lies below one, stored ones and those that were
  -- checked before. `gone` names refs that the same request removes: their names count as free.
  local function check_new(name, gone)
    local below = tonumber(redis.call('HGET', refs, name .. '/') or 0)
    for removed in pairs(gone) do
      if string.sub(removed, 1, #name + 1) == name .. '/' then below = below - 1 end
    end
    if below > 0 or made[name .. '/'] then fail('REFCLASH', name .. '/') end
    each(name, function(folder)
      local above = string.sub(folder, 1, -2)
      if made[above] or not gone[above] and redis.call('HEXISTS', refs, above) == 1 then
        fail('REFCLASH', above)
      end
      made[folder] = true
    end)
    made[name] = true
  end

  local function count_new(name)
    -- HSET, which the user may run, as it has made the ref.
    each(name, function(folder)
      redis.call('HSET', refs, folder, (redis.call('HGET', refs, folder) or 0) + 1)
    end)
  end

  local function count_removed(name)
    each(name, function(folder)
      if redis.call('HINCRBY', refs, folder, -1) <= 0 then redis.call('HDEL', refs, folder) end
    end)
  end

  return {check_new = check_new, count_new = count_new, count_removed = count_removed}
end
