-- set_refs.lua: tests and sets refs, all of them or none: branches, tags, renames, imports.
-- KEYS  1 objects (hash)   2 survivors (hash)   3 refs (hash)   4 log (stream)   5 meta (hash)
--       6 tokens_a (hash)   7 tokens_b (hash)   8 worklist (list)
-- ARGV  first the format that the caller takes the store for; then
--       1 request token, '' for none   2 since when it may be known, and of what request, as
--         lib/tokens.lua says
--       3 '', or what the writer has found out: `leave`, there is nothing to do, or `refuse`, it must not
--         be made; that is kept under the token, if the request was not made before, and nothing is set
--       then for each ref: full name; test: `*` anything, '' absent, or the raw id that must be there;
--         set: '' remove, or a raw id. A ref whose value is no id counts as absent, and is set or removed
-- Reply {`set`, position of the last change}
--       {`done`, position, for each ref: the id it was set to, or '' if it was not changed or removed}
--         when this request was applied before
--       {`moved`, name, id or '', ...} with every ref whose test failed and what is there: nothing was
--         changed
--       {`unchanged`, position} or {`refused`}   a later attempt of a request that was answered that
--         there was nothing to do, or `moved`: nothing was changed
-- Error EXPIRED position  the token may have been forgotten; the newest position now
--       REUSED            the token stands for another request
--       MISSING id        the object is not stored
--       NOTCOMMIT id      a branch would point to something else than a commit
--       DENIED setting what name   a setting forbids it, as lib/rules.lua says: `removal`, `rewrite` or
--                         `unknown`
--       REFCLASH name     the name is a folder of other refs, or a folder of it is a ref
--       NOSTORE, FORMAT   the store is gone or another version's
-- Cost  O(refs x depth of their names)
-- @include lib/refs.lua
-- @include lib/meta.lua
-- @include lib/log.lua
-- @include lib/tokens.lua
-- @include lib/collector.lua
-- @include lib/rules.lua
return guarded(function()
  local refs, log = KEYS[3], KEYS[4]
  local meta = read_meta(KEYS[5])
  check_format(meta[1], table.remove(ARGV, 1))
  local token = ARGV[1]
  local done, outcome, digest = find_token(token, ARGV[2], meta)
  if done then return done_reply(done, (#ARGV - 3) / 3, meta) end
  local position = tonumber(meta[3])

  local changes, moved, gone, ids = {}, {'moved'}, {}, {}
  for at = 4, #ARGV, 3 do
    local name, test, set = ARGV[at], ARGV[at + 1], ARGV[at + 2]
    local value = redis.call('HGET', refs, name)
    local old = value and target_of(name, value) or ''
    if #old ~= 20 and #old ~= 32 then old = '' end
    local is_damaged = value and old == ''
    if test ~= '*' and test ~= old then
      moved[#moved + 1] = name
      moved[#moved + 1] = old
    end
    ids[#ids + 1] = old ~= set and set or ''
    if old ~= set or is_damaged then
      changes[#changes + 1] = {name, old, set, is_new = not value}
      if set == '' then gone[name] = true end
    end
  end
  local time = now()
  if #moved > 1 then
    settle_token(token, ARGV[2], digest, 'refused', time, meta)
    return moved
  end
  if outcome == 'unchanged' then return {'unchanged', position} end
  if outcome then return {'refused'} end
  if ARGV[3] ~= '' or #changes == 0 then
    settle_token(token, ARGV[2], digest, ARGV[3] == 'refuse' and 'refused' or 'unchanged', time, meta)
    return {'set', position}
  end

  local folders = ref_folders(refs)
  for _, change in ipairs(changes) do
    local name, old, set = change[1], change[2], change[3]
    if set ~= '' then
      local bytes = read_object(set)
      change[4] = set
      if string.sub(name, 1, 11) == 'refs/heads/' then
        local tree = tree_of_commit(bytes)
        if not tree then fail('NOTCOMMIT', hex_id(set)) end
        change[4] = set .. tree
      end
      -- A move over very many commits counts as if it had left some.
      change[5] = old ~= '' and not string.find(bytes, '\nparent ' .. hex_id(old) .. '\n', 1, true)
        and not leads_to({set}, old, 100)
      if change.is_new then folders.check_new(name, gone) end
    end
    if not change.is_new then check_rules(meta, name, old, {set ~= '' and set or nil}) end
  end

  -- Nothing has been written so far. A user who may run some of the commands below and not others
  -- is refused before anything has changed: each is tried where it changes nothing, the log's first. A server
  -- whose memory is full lets refs be removed, as HDEL comes first.
  if next(gone) then redis.call('HDEL', refs, '') end
  redis.call('HSET', KEYS[5], 'format', meta[1])
  if meta[14] then
    local targets = {}
    for _, change in ipairs(changes) do
      if change[3] ~= '' then targets[#targets + 1] = change[3] end
    end
    keep_for_collector(targets)
  end
  for number, change in ipairs(changes) do
    append_log(log, position + number, meta[4], change[1], change[2], change[3], time, change[5])
  end
  position = position + #changes
  for _, change in ipairs(changes) do
    local name, old, set = change[1], change[2], change[3]
    if set == '' then
      redis.call('HDEL', refs, name)
      folders.count_removed(name)
    else
      redis.call('HSET', refs, name, change[4])
      if change.is_new then folders.count_new(name) end
    end
  end
  redis.call('HSET', KEYS[5], 'position', position)
  if token ~= '' then remember_token(token, digest, ids, position, time, meta) end
  return {'set', position}
end)
