-- commit.lua: one commit on each of some branches, or some in a row on one of them, rebased on whatever
-- their heads are now: all of them are made or none.
-- KEYS  1 objects (hash)   2 survivors (hash)   3 refs (hash)   4 log (stream)   5 meta (hash)
--       6 tokens_a (hash)   7 tokens_b (hash)   8 worklist (list)
-- ARGV  first the format that the caller takes the store for; then
--       1 request token, '' for none   2 since when it may be known, and of what request, as
--         lib/tokens.lua says
--       3 number of objects; then so many objects, `kind size NUL content`
--       then for each branch: full name; one that was named before goes on from the commit made there
--         head: `*` any, '' the branch must be absent, or the raw id that it must be; `*` for one named before
--         parents: raw ids one after another; after `*` they follow the head
--         author; committer, '' the same; as in the commit's lines
--         message
--         `allow-empty` to commit also when nothing changes, else ''
--         number of edits; then for each edit, in the order of their paths with / before any other
--         byte, several of one path in the order of their actions:
--           path: steps joined by `/`, '' the root
--           expectation, of what the head has there: `*` none; '' absent; `mode SP raw id` that
--             entry; `kind` and blob, tree or commit: anything of that kind; `folder` a directory or
--             nothing, else the conflict is `kind`; `names`, raw id and
--             digest: a directory that is this tree or has the same names and modes (lib/tree.lua)
--           action: '' none; `remove`; `blob` (value: an object); `entry` (value: a raw id); or one
--             of lib/values.lua, with its operand as the value
--           mode; value
-- Reply {`committed`, position of the last, for each branch: commit or '' if nothing changed there,
--         head before or '', root tree or ''}
--       {`unchanged`, position, for each branch: head or ''}   nothing to do: no commit was made
--       {`done`, position, for each branch: commit or ''}      this request was applied before
--       {`conflict`, for each branch: head or ''; then for each expectation or action that failed:
--         number of the branch, path, `expected`, `kind`, `overflow`, `full` or `empty`, the entry there or ''}
--       {`moved`, for each branch: head or ''}                 a head is not the one that was given
--       {`refused`}            a later attempt of a request that was answered by one of the last two,
--         and could be made now: it needs another token
--       After the last three nothing has changed, but for what is known of the token.
-- Error MISSING id       an object that a head or the request refers to is not stored
--       EXPIRED position the token may have been forgotten: the outcome of an earlier attempt is
--                        unknown; the newest position now
--       REUSED           the token stands for another request
--       TOOLARGE what    more than one call may take: to be committed by the client
--       BADPATH path     a path that Git would not accept
--       BADEDIT path     edits that contradict each other, are out of order, or are unknown
--       BADENTRY id      an entry whose mode and object do not match
--       NOTCOMMIT id     a parent that is no commit
--       DENIED setting what name   a setting forbids it, as lib/rules.lua says
--       QUOTA what limit  the store may hold no more `objects` or `bytes`
--       REFCLASH name    a new branch's name is a folder of other refs, or lies below one
--       HASH name        the store's ids are not SHA-1, which is all that a server can compute
--       NOSTORE, FORMAT  the store is gone or another version's
-- Cost  O(edits x depth x entries of the directories on the paths)
-- @include lib/edits.lua
-- @include lib/refs.lua
-- @include lib/meta.lua
-- @include lib/log.lua
-- @include lib/tokens.lua
-- @include lib/collector.lua
-- @include lib/rules.lua
-- @include lib/quota.lua

local function check_parents(branch, parents, meta)
  local ids = {}
  for at = 1, #parents, 20 do ids[#ids + 1] = string.sub(parents, at, at + 19) end
  -- A commit without parents leads to none but itself, which is not there yet.
  check_rules(meta, branch.ref, branch.head, ids[1] and ids or {''})
end

-- Makes a branch's commit for its new tree.
local function make_commit(request, branch, meta)
  local argv, at, tree = request.argv, branch.at, branch.tree
  local hex = tree == request.last_id and request.last_hex or hex_id(tree)
  local parents, author, committer = argv[at + 2], argv[at + 3], argv[at + 4]
  if committer == '' then committer = author end
  local lines, first = '', 1
  branch.is_lost = branch.head ~= ''
  -- An id may begin with `*` as well; only their number tells.
  if #parents % 20 == 1 then
    first = 2
    if branch.old_tree then lines = 'parent ' .. hex_id(branch.head) .. '\n' end
    branch.is_lost = false
  end
  for at = first, #parents, 20 do
    local id = string.sub(parents, at, at + 19)
    if not tree_of_commit(read_for(request, id)) then fail('NOTCOMMIT', hex_id(id)) end
    use_again(request, id)
    if id == branch.head then branch.is_lost = false end
    lines = lines .. 'parent ' .. hex_id(id) .. '\n'
  end
  -- A commit with other parents than the head may lose what the branch has.
  if first == 1 and branch.old_tree then check_parents(branch, parents, meta) end
  local message = argv[at + 5]
  -- 66: `tree`, the id, `author`, `committer`, their spaces and line ends, and an empty line.
  local size = 66 + #lines + #author + #committer + #message
  branch.commit = keep(request, 'commit ' .. size .. '\0tree ' .. hex .. '\n' .. lines
    .. 'author ' .. author .. '\ncommitter ' .. committer .. '\n\n' .. message)
end

return guarded(function()
  local format = table.remove(ARGV, 1)
  local call, argv = redis.call, ARGV
  local refs, log = KEYS[3], KEYS[4]
  local meta = read_meta(KEYS[5])
  check_format(meta[1], format)
  if meta[2] ~= 'sha1' then fail('HASH', meta[2]) end
  if meta[14] then look_at_survivors_first() end
  local token = argv[1]
  local done, outcome, digest = find_token(token, argv[2], meta)

  local request = new_request(argv, meta[10])
  local at = 4 + argv[3]
  for number = 4, at - 1 do keep(request, argv[number]) end

  local branches, heads, seen, moved = {}, {}, {}, false
  while argv[at] do
    local ref, edits = argv[at], tonumber(argv[at + 7])
    local value = call('HGET', refs, ref)
    local head, tree = '', false
    if value then head, tree = target_of(ref, value), tree_of_head(value) end
    if seen[ref] and argv[at + 1] ~= '*' then fail('BADEDIT', ref) end
    moved = moved or argv[at + 1] ~= '*' and argv[at + 1] ~= head
    local number = #branches + 1
    heads[number], branches[number] = head,
      {ref = ref, head = head, old_tree = tree, at = at, edits = edits, tree = false, commit = '', is_lost = false,
        after = seen[ref]}
    seen[ref] = branches[number]
    at = at + 8 + 5 * edits
  end
  if done then return done_reply(done, #branches, meta) end
  if outcome == 'unchanged' then return {'unchanged', tonumber(meta[3]), unpack(heads)} end
  if moved then
    settle_token(token, argv[2], digest, 'refused', now(), meta)
    return {'moved', unpack(heads)}
  end

  local changes, folders = false, false
  for number = 1, #branches do
    local branch = branches[number]
    local after = branch.after
    if after then
      branch.head, branch.old_tree = after.head, after.old_tree
      if after.tree then branch.head, branch.old_tree = after.commit, after.tree end
    end
    local old, first = branch.old_tree, branch.at + 8
    request.branch = number
    local _, tree = rewrite_entry(request, old and '40000', old, first,
      first + 5 * (branch.edits - 1), 1)
    local is_forced = argv[branch.at + 6] ~= ''
    if not tree and (old or is_forced) then tree = keep(request, 'tree 0\0') end
    if tree and (tree ~= old or is_forced) then
      branch.tree, changes = tree, true
      make_commit(request, branch, meta)
      if not old then
        folders = folders or ref_folders(refs)
        folders.check_new(branch.ref, {})
      end
    end
  end
  if request.conflicts then
    settle_token(token, argv[2], digest, 'refused', now(), meta)
    local reply = {'conflict', unpack(heads)}
    for _, part in ipairs(request.conflicts) do reply[#reply + 1] = part end
    return reply
  end
  if outcome then return {'refused'} end
  if not changes then
    settle_token(token, argv[2], digest, 'unchanged', now(), meta)
    return {'unchanged', tonumber(meta[3]), unpack(heads)}
  end

  check_quota(meta, 15, request.new, 1, request.count)
  -- Nothing has been written so far, and nothing below can fail, but for commands that the user may
  -- not run: what every commit needs comes in an order in which a refusal leaves no more than objects.
  local time, position, ids = now(), tonumber(meta[3]), {nil}
  local objects = KEYS[1]
  if meta[14] then
    objects = KEYS[2]
    keep_for_collector(request.old)
  end
  if meta[17] then
    local added, bytes = 0, 0
    for place = 1, request.count, 2 do
      if call('HSETNX', objects, request.new[place], request.new[place + 1]) == 1 then
        added, bytes = added + 1, bytes + #request.new[place + 1]
      end
    end
    count_stored(KEYS[5], added, bytes)
  else
    for from = 1, request.count, 4000 do
      call('HSET', objects, unpack(request.new, from, math.min(from + 3999, request.count)))
    end
  end
  local reply = {'committed', 0, nil, nil, nil}
  for number = 1, #branches do
    local branch = branches[number]
    local commit, tree = branch.commit, branch.tree
    if tree then
      position = position + 1
      append_log(log, position, meta[4], branch.ref, branch.head, commit, time, branch.is_lost)
      call('HSET', refs, branch.ref, commit .. tree)
      if not branch.old_tree then folders.count_new(branch.ref) end
    end
    ids[number] = commit
    reply[3 * number], reply[3 * number + 1], reply[3 * number + 2] = commit, branch.head, tree or ''
  end
  local text = string.format('%d', position)
  call('HSET', KEYS[5], 'position', text)
  if token ~= '' then remember_token(token, digest, ids, text, time, meta) end
  reply[2] = position
  return reply
end)
