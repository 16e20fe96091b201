-- commit.lua: one commit on a branch, rebased on whatever its head is now.
-- KEYS  1 objects (hash)   2 refs (hash)   3 log (stream)   4 meta (hash)   5 tokens_a (hash)
--       6 tokens_b (hash)
-- ARGV  1 full name of the branch
--       2 request token, '' for none   3 '' on the first attempt; on a later one the newest
--         position that was known before the first, so that a forgotten token is noticed
--       4 head: `*` any, '' the branch must be absent, or the raw id that it must be
--       5 parents: `*` the head, or raw ids one after another
--       6 author   7 committer, as in the commit's lines   8 message
--       9 `allow-empty` to commit also when nothing changes, else ''
--       10 number of objects; then so many objects, `kind size NUL content`
--       then for each edit: path, steps joined by `/`, '' the root
--         expectation: `*` none, '' absent, or `mode SP raw id` that must be there
--         action: '' none, `remove`, `blob` (value is an object), `entry` (value is a raw id)
--         mode   value
-- Reply {`committed`, commit, position, head before or '', root tree}
--       {`unchanged`, head or '', position}          nothing to do: no commit was made
--       {`done`, commit, position}                   this very request was applied before
--       {`conflict`, head or '', path, entry, ...}   every expectation that failed and the entry
--                                                    there now, '' for none; nothing was changed
--       {`moved`, head or ''}                        the head is not the one that was given
-- Error MISSING id       an object that the head or the request refers to is not stored
--       EXPIRED token    a later attempt whose token may have been forgotten: its outcome is unknown
--       BADPATH path     a path that Git would not accept
--       BADEDIT path     edits that contradict each other or an unknown action
--       BADENTRY id      an entry whose mode and object do not match
--       NOTCOMMIT id     a parent that is no commit
--       REFCLASH name    the new branch's name is a folder of other refs, or lies below one
--       HASH name        the store's ids are not SHA-1, which is all that a server can compute
--       NOSTORE, FORMAT  the store is gone or another version's
-- Cost  O(edits x depth x entries of the directories on the paths)
-- @include lib/edits.lua
-- @include lib/refs.lua
-- @include lib/meta.lua
-- @include lib/log.lua
return guarded(function()
  local objects, refs, log = KEYS[1], KEYS[2], KEYS[3]
  local ref, token = ARGV[1], ARGV[2]
  local meta = redis.call('HMGET', KEYS[4], 'format', 'position', 'log', 'hash', 'tokens', 'horizon',
    'rotated', 'generation')
  check_format(meta[1])
  if meta[4] ~= 'sha1' then fail('HASH', meta[4]) end
  local width = 20

  if token ~= '' then
    local done = redis.call('HGET', KEYS[5], token) or redis.call('HGET', KEYS[6], token)
    if done then
      return {'done', string.sub(done, 1, width), tonumber(string.sub(done, width + 1))}
    end
    if ARGV[3] ~= '' and tonumber(ARGV[3]) < tonumber(meta[6]) then fail('EXPIRED', 'token') end
  end

  local value = redis.call('HGET', refs, ref)
  local head = value and target_of(ref, value) or ''
  if ARGV[4] ~= '*' and ARGV[4] ~= head then return {'moved', head} end

  -- Objects of this commit, id and bytes in turn, written all at once at the end.
  local new, is_new = {}, {}
  local function keep(bytes)
    local hex = redis.sha1hex(bytes)
    local id = raw_id(hex)
    if not is_new[id] then
      is_new[id] = bytes
      new[#new + 1] = id
      new[#new + 1] = bytes
    end
    return id, hex
  end
  local function store(kind, content)
    return keep(kind .. ' ' .. #content .. '\0' .. content)
  end

  local extra = tonumber(ARGV[10])
  for at = 11, 10 + extra do keep(ARGV[at]) end

  local root = {}
  if value then root.old_mode, root.old_id = '40000', tree_of_head(value) end
  for at = 11 + extra, #ARGV, 5 do
    local path, expect, action = ARGV[at], ARGV[at + 1], ARGV[at + 2]
    local node = node_at(root, path)
    if expect ~= '*' then
      if node.expect and node.expect ~= expect then fail('BADEDIT', path) end
      node.expect = expect
    end
    if action ~= '' then
      if node.action then fail('BADEDIT', path) end
      local mode, id = ARGV[at + 3], ARGV[at + 4]
      if action == 'blob' then
        id = keep(id)
      elseif action == 'entry' and mode ~= '160000' then
        local bytes = is_new[id]
        if is_tree_mode(mode) then
          bytes = bytes or read_object(objects, id)
        elseif not bytes and redis.call('HEXISTS', objects, id) == 0 then
          fail('MISSING', hex_id(id))
        end
        if bytes and (string.sub(bytes, 1, 5) == 'tree ') ~= is_tree_mode(mode) then
          fail('BADENTRY', hex_id(id))
        end
      elseif action ~= 'entry' and action ~= 'remove' then
        fail('BADEDIT', path)
      end
      if path == '' and action ~= 'remove' and not is_tree_mode(mode) then
        fail('BADEDIT', 'the root is a directory')
      end
      node.action, node.mode, node.id = action, mode, id
    end
  end

  local conflicts = {'conflict', head}
  inspect(objects, root, '', nil, conflicts)
  if #conflicts > 2 then return conflicts end

  apply(root, width, store)
  local tree = root.new_id
  if not tree then
    if not value and ARGV[9] == '' then return {'unchanged', '', tonumber(meta[2])} end
    tree = store('tree', '')
  end
  if value and tree == tree_of_head(value) and ARGV[9] == '' then
    return {'unchanged', head, tonumber(meta[2])}
  end

  local lines = {'tree ', hex_id(tree), '\n'}
  local function add_parent(id)
    lines[#lines + 1] = 'parent '
    lines[#lines + 1] = hex_id(id)
    lines[#lines + 1] = '\n'
  end
  if ARGV[5] ~= '*' then
    for at = 1, #ARGV[5], width do
      local id = string.sub(ARGV[5], at, at + width - 1)
      if not tree_of_commit(read_object(objects, id)) then fail('NOTCOMMIT', hex_id(id)) end
      add_parent(id)
    end
  elseif value then
    add_parent(head)
  end
  lines[#lines + 1] = 'author ' .. ARGV[6] .. '\ncommitter ' .. ARGV[7] .. '\n\n' .. ARGV[8]
  local commit = store('commit', table.concat(lines))
  if not value then check_new_ref(refs, ref, {}) end

  -- Nothing has been written so far, and nothing below can fail.
  for from = 1, #new, 2000 do
    redis.call('HSET', objects, unpack(new, from, math.min(from + 1999, #new)))
  end
  redis.call('HSET', refs, ref, commit .. tree)
  if not value then count_new_ref(refs, ref) end
  local position = redis.call('HINCRBY', KEYS[4], 'position', 1)
  append_log(log, position, meta[3], ref, head, commit, now())
  if token ~= '' then
    -- Two generations take turns: when the newer one is full, the older one goes at once.
    local generation = tonumber(meta[8])
    if redis.call('HLEN', KEYS[5 + generation]) >= tonumber(meta[5]) then
      generation = 1 - generation
      redis.call('UNLINK', KEYS[5 + generation])
      redis.call('HSET', KEYS[4], 'horizon', meta[7], 'rotated', position - 1,
        'generation', generation)
    end
    redis.call('HSET', KEYS[5 + generation], token, commit .. position)
  end
  return {'committed', commit, position, head, tree}
end)
