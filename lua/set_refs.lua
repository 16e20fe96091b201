-- set_refs.lua: tests and sets refs, all of them or none: branches, tags, renames, imports.
-- KEYS  1 objects (hash)   2 refs (hash)   3 log (stream)   4 meta (hash)
-- ARGV  for each ref: full name; test: `*` anything, '' absent, or the raw id that must be there;
--       set: '' remove, or a raw id
-- Reply {`set`, position of the last change}; {`moved`, name, id or '', ...} with every ref whose
--       test failed and what is there: nothing was changed
-- Error MISSING id        the object is not stored
--       NOTCOMMIT id      a branch would point to something else than a commit
--       REFCLASH name     the name is a folder of other refs, or a folder of it is a ref
--       NOSTORE, FORMAT   the store is gone or another version's
-- Cost  O(refs x depth of their names)
-- @include lib/refs.lua
-- @include lib/meta.lua
-- @include lib/log.lua
return guarded(function()
  local objects, refs, log = KEYS[1], KEYS[2], KEYS[3]
  local meta = redis.call('HMGET', KEYS[4], 'format', 'position', 'log')
  check_format(meta[1])
  local position = tonumber(meta[2])

  local changes, moved, gone = {}, {'moved'}, {}
  for at = 1, #ARGV, 3 do
    local name, test, set = ARGV[at], ARGV[at + 1], ARGV[at + 2]
    local value = redis.call('HGET', refs, name)
    local old = value and target_of(name, value) or ''
    if test ~= '*' and test ~= old then
      moved[#moved + 1] = name
      moved[#moved + 1] = old
    end
    if old ~= set then
      changes[#changes + 1] = {name, old, set}
      if set == '' then gone[name] = true end
    end
  end
  if #moved > 1 then return moved end

  local created = {}
  for _, change in ipairs(changes) do
    local name, old, set = change[1], change[2], change[3]
    if set ~= '' then
      local bytes = read_object(objects, set)
      change[4] = set
      if string.sub(name, 1, 11) == 'refs/heads/' then
        local tree = tree_of_commit(bytes)
        if not tree then fail('NOTCOMMIT', hex_id(set)) end
        change[4] = set .. tree
      end
      if old == '' then
        check_new_ref(refs, name, gone)
        each_folder(name, function(folder)
          if created[string.sub(folder, 1, -2)] then fail('REFCLASH', folder) end
          created[folder] = true
        end)
        if created[name .. '/'] then fail('REFCLASH', name .. '/') end
        created[name] = true
      end
    end
  end

  local time = now()
  for _, change in ipairs(changes) do
    local name, old, set = change[1], change[2], change[3]
    if set == '' then
      redis.call('HDEL', refs, name)
      count_removed_ref(refs, name)
    else
      redis.call('HSET', refs, name, change[4])
      if old == '' then count_new_ref(refs, name) end
    end
    position = position + 1
    append_log(log, position, meta[3], name, old, set, time)
  end
  if #changes > 0 then redis.call('HSET', KEYS[4], 'position', position) end
  return {'set', position}
end)
