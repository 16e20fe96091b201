-- collect.lua: a step of removing the objects that nothing leads to, beside all other work. Any number of
-- callers may take steps. GarbageCollection in the documentation has the scheme and why it is right.
-- KEYS  1 objects (hash)   2 survivors (hash)   3 refs (hash)   4 log (stream)   5 meta (hash)
--       6 leases (hash)   7 shallow (set)   8 worklist (list)   9 collection (hash)
-- ARGV  1 `begin`, or `step`
--       for begin: 2 milliseconds that pass at least before anything is removed, so that what was read or
--         stored just before is not   3 milliseconds for which the log keeps commits that a ref has left
--       for step: 2 units of work: an object or an entry is one, and so is a kilobyte that is moved
--         3 microseconds after which it ends; '' for any number of them
-- Reply {state, objects kept so far, their bytes, visited by now, objects removed, milliseconds to wait,
--         collections ended, microseconds that the server took}
--       state is `idle`; `scanning` refs, leases and the log; `visiting` what they lead to; `waiting` for
--         that time; `held` by leases of operations that began before it; `done`, when it has ended with this step
-- Error MISSING id       an object that something leads to is not stored: nothing is removed
--       BADTREE          a tree cannot be read
--       NOSTORE, FORMAT  the store is gone or another version's
-- Cost  O(units), until the time is over
-- @include lib/tree.lua
-- @include lib/refs.lua
-- @include lib/meta.lua
-- @include lib/lease.lua
-- @include lib/wide.lua
return guarded(function()
  local call, sub, find = redis.call, string.sub, string.find
  local objects, survivors, refs, log, meta_key = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
  local leases, shallow, worklist, collection = KEYS[6], KEYS[7], KEYS[8], KEYS[9]
  local meta = call('HMGET', meta_key, 'format', 'hash', 'collecting', 'collections', 'collected', 'head',
    'layout', 'objects', 'bytes')
  check_format(meta[1])
  -- The caller measures its pauses by this; what it waits for an answer is mostly other callers' time.
  local function clock()
    -- lint: allow nondeterministic: nothing that is stored depends on it
    local time = call('TIME')
    return time[1] * 1000000 + time[2]
  end
  local entered = clock()
  local width = meta[2] == 'sha1' and 20 or 32

  if ARGV[1] == 'begin' then
    if not meta[3] then
      local begun = tonumber(meta[4] or 0) + 1
      call('DEL', worklist, collection)
      call('HSET', collection, 'begun', now(), 'wait', ARGV[2], 'log', ARGV[3], 'scan', 'refs', 'at', '0',
        'kept', '0', 'bytes', '0', 'visited', '0', 'marks', '0', 'twice', '0', 'twice_bytes', '0')
      -- What is counted will be exact at the end.
      if meta[8] then call('HSET', collection, 'objects', meta[8], 'counted', meta[9]) end
      call('HSET', meta_key, 'collecting', '1', 'collections', begun, 'format', meta[1] .. '+')
      -- A detached HEAD; and what the marks of wide directories refer to, which none may do now.
      if meta[6] and #meta[6] == 2 * width and not find(meta[6], '[^%x]') then
        call('RPUSH', worklist, raw_id(meta[6]))
      end
      if meta[7] == 'wide' then call('RPUSH', worklist, wide_trees().explanation_id(width)) end
      meta[3] = '1'
    end
  end
  if not meta[3] then return {'idle', 0, 0, 0, 0, 0, tonumber(meta[5] or 0), 0} end

  local state = call('HMGET', collection, 'begun', 'wait', 'log', 'scan', 'at', 'kept', 'bytes', 'visited',
    'marks', 'twice', 'twice_bytes', 'objects', 'counted')
  local scan, at = state[4], state[5]
  local kept, bytes_kept, visited, marks =
    tonumber(state[6]), tonumber(state[7]), tonumber(state[8]), tonumber(state[9])
  local twice, twice_bytes = tonumber(state[10] or 0), tonumber(state[11] or 0)
  local units = ARGV[1] == 'step' and tonumber(ARGV[2]) or 0
  local limit, looked = tonumber(ARGV[1] == 'step' and ARGV[3] or ''), 0
  local stack, depth, missing, unread = {}, 0, nil, nil
  -- Entries that this step has kept or has on its stack: the trees of neighbouring commits have most in common.
  local seen = {}

  local function look_at_clock()
    if limit and clock() - entered >= limit then units = 0 end
  end

  -- Ends the step when its time is over. Each look at the clock costs as much as half an object.
  local function watch_clock()
    looked = looked + 1
    if looked % 8 == 0 then look_at_clock() end
  end

  local function push(item)
    depth = depth + 1
    stack[depth] = item
  end

  local function move(id, bytes)
    -- What has been stored anew meanwhile is counted as new.
    if call('HSET', survivors, id, bytes) == 0 then
      twice, twice_bytes = twice + 1, twice_bytes + #bytes
    end
    kept, bytes_kept, units = kept + 1, bytes_kept + #bytes, units - math.floor(#bytes / 1024)
  end

  -- Moves a blob that nothing has moved yet; false when it is not there. One that is in chunks is visited.
  local function keep_blob(id, mark)
    local bytes = call('HGET', objects, id)
    units = units - 1
    if bytes == '' then return true end
    if not bytes then return call('HEXISTS', survivors, id) == 1 end
    -- What is in chunks, and what a tree only calls a blob, has more below it.
    if sub(bytes, 1, 5) ~= 'blob ' then
      push(id .. mark)
      return true
    end
    move(id, bytes)
    call('HSET', objects, id, '')
    return true
  end

  -- Goes on with a tree's entries from `from` on, as far as the units last. `mark` is `u` below what an upload has
  -- brought, else ''.
  local function visit_entries(id, bytes, from, mark)
    while from <= #bytes do
      local space = find(bytes, ' ', from, true)
      local zero = space and find(bytes, '\0', space, true)
      if not zero or zero + width > #bytes then
        push(id .. mark .. string.format('%d', from))
        fail('BADTREE', 'an entry is cut off')
      end
      local mode, entry = sub(bytes, from, space - 1), sub(bytes, zero + 1, zero + width)
      if seen[entry] then
        units = units - 0.1
      else
        if is_tree_mode(mode) then
          push(entry .. mark)
        elseif mode ~= '160000' and not keep_blob(entry, mark) and mark == '' then
          missing = entry
          return push(id .. string.format('%d', from))
        end
        -- A submodule's commit is not looked for; an object with its id may be meant elsewhere.
        if mode ~= '160000' then seen[entry] = true end
        units = units - 0.5
        watch_clock()
      end
      from = zero + width + 1
      if units <= 0 and from <= #bytes then return push(id .. mark .. string.format('%d', from)) end
    end
  end

  -- What a large blob leads to, its chunks; or a commit or a tag: its own object, and parents.
  local function links_of(id, bytes)
    if is_large(bytes) then
      local links = {}
      local _, last, size, chunk = find(bytes, '^large (%d+) ([1-9]%d*)%z')
      if not last or math.ceil(size / chunk) * width ~= #bytes - last then
        fail('BADTREE', 'what stands for a large blob cannot be read')
      end
      for at = last + 1, #bytes, width do
        links[#links + 1] = sub(bytes, at, at + width - 1)
      end
      return links
    end
    local _, _, hex = find(bytes, '^commit %d+%z?tree (%x+)\n')
    if not hex then
      _, _, hex = find(bytes, '^tag %d+%z?object (%x+)\n')
      if not hex then fail('BADTREE', 'a commit or a tag cannot be read') end
      return {raw_id(hex)}
    end
    local links = {}
    if call('SISMEMBER', shallow, id) == 0 then
      local head = sub(bytes, 1, find(bytes, '\n\n', 1, true) or #bytes)
      for parent in string.gmatch(head, '\nparent (%x+)') do links[#links + 1] = raw_id(parent) end
    end
    links[#links + 1] = raw_id(hex)
    return links
  end

  local function visit(item)
    local id, rest = sub(item, 1, width), sub(item, width + 1)
    -- What an upload has brought may lack what it leads to: the rest is on its way, or will never come.
    local mark = sub(rest, 1, 1) == 'u' and 'u' or ''
    local from = tonumber(sub(rest, #mark + 1))
    units = units - 1
    watch_clock()
    if from then return visit_entries(id, stored(id), from, mark) end
    unread = item
    local found = call('HGET', objects, id)
    local bytes = found or call('HGET', survivors, id)
    if found == '' or not bytes then
      if bytes or mark ~= '' then unread = nil else missing = id end
      return
    end
    local kind, links = sub(bytes, 1, 5), nil
    local first = kind == 'tree ' and first_entry(bytes, id)
    if not first and kind ~= 'blob ' then links = links_of(id, bytes) end
    if found then
      move(id, bytes)
    else
      marks = marks + 1
    end
    -- What is empty in `objects` has been visited: what it leads to is moved, or waits in the list.
    call('HSET', objects, id, '')
    visited, unread = visited + 1, nil
    for _, link in ipairs(links or {}) do push(link .. mark) end
    if first then visit_entries(id, bytes, first, mark) end
  end

  -- Looks for more that leads to objects. Nothing is lost that changes meanwhile: refs that come are kept by
  -- the scripts that make them.
  local function scan_more()
    units = units - 20
    -- A page of the log takes a tenth of a millisecond.
    look_at_clock()
    if scan == 'refs' then
      local found = call('HSCAN', refs, at, 'COUNT', 50)
      for field = 1, #found[2], 2 do
        local name = found[2][field]
        if sub(name, -1) ~= '/' then push(target_of(name, found[2][field + 1])) end
      end
      at = found[1]
      if at == '0' then scan = 'leases' end
    elseif scan == 'leases' then
      local found = call('HSCAN', leases, at, 'COUNT', 50)
      for field = 1, #found[2], 2 do
        local runs_out, _, _, ids = read_lease(found[2][field + 1])
        if runs_out < tonumber(now()) then
          call('HDEL', leases, found[2][field])
        else
          for from = 1, #ids, width do push(sub(ids, from, from + width - 1)) end
        end
      end
      at = found[1]
      if at == '0' then scan, at = 'log', '+' end
    else
      -- Where all of that has been trimmed meanwhile, XREVRANGE would look through the whole log, from its end.
      local is_left = call('XRANGE', log, '-', at, 'COUNT', 1)[1]
      local found = is_left and call('XREVRANGE', log, at, '-', 'COUNT', 50) or {}
      local oldest = tonumber(state[1]) - tonumber(state[3])
      scan = 'done'
      for _, entry in ipairs(found) do
        local old, new, time, lost = entry[2][4], entry[2][6], entry[2][8], entry[2][10]
        if tonumber(time) <= oldest then return end
        if old ~= '' and (new == '' or lost) and is_stored(old) then push(old) end
      end
      local last = found[50] and tonumber(string.match(found[50][1], '^%d+'))
      if last and last > 1 then scan, at = 'log', string.format('%.0f-0', last - 1) end
    end
  end

  -- From here on the server lets the step go on, also when its memory is full: it has written.
  call('HDEL', collection, '')
  -- What is found to be damaged ends the step, but what was visited in it must not be lost.
  local is_over = false
  local ok, problem = pcall(function()
    while units > 0 and not missing and not is_over do
      local item
      if depth > 0 then
        item = stack[depth]
        depth = depth - 1
        visit(item)
      else
        item = call('RPOP', worklist)
        if item then
          push(item)
        elseif scan ~= 'done' then
          scan_more()
        else
          is_over = true
        end
      end
    end
  end)
  if unread then push(unread) end
  for from = 1, depth, 1000 do
    call('RPUSH', worklist, unpack(stack, from, math.min(from + 999, depth)))
  end
  call('HSET', collection, 'scan', scan, 'at', at, 'kept', kept, 'bytes', bytes_kept, 'visited', visited,
    'marks', marks, 'twice', twice, 'twice_bytes', twice_bytes)
  if not ok then error(problem, 0) end
  if missing then fail('MISSING', hex_id(missing)) end

  local collected = tonumber(meta[5] or 0)
  local function answer(name, removed, wait)
    return {name, kept, bytes_kept, visited, removed, wait, collected, clock() - entered}
  end
  if not is_over then
    return answer(scan == 'done' and 'visiting' or 'scanning', 0, 0)
  end

  -- All that anything leads to has moved. What could still come to lead to more must be over.
  local wait = tonumber(state[1]) + tonumber(state[2]) - tonumber(now())
  local held, is_held = call('HGETALL', leases), false
  -- lint: allow loop: one lease a client that is at work
  for at = 1, #held, 2 do
    local runs_out, begun = read_lease(held[at + 1])
    local left = runs_out - tonumber(now())
    if left < 0 then
      call('HDEL', leases, held[at])
    elseif begun < tonumber(meta[4]) then
      is_held = true
    end
  end
  if wait > 0 then return answer('waiting', 0, wait) end
  if is_held then return answer('held', 0, 50) end
  local removed = call('HLEN', objects) - kept - marks
  call('UNLINK', objects)
  if call('EXISTS', survivors) == 1 then call('RENAME', survivors, objects) end
  call('DEL', collection)
  if state[12] and meta[8] then
    call('HSET', meta_key, 'objects', string.format('%.0f', meta[8] - state[12] + kept - twice), 'bytes',
      string.format('%.0f', meta[9] - state[13] + bytes_kept - twice_bytes))
  end
  call('HDEL', meta_key, 'collecting')
  collected = collected + 1
  call('HSET', meta_key, 'collected', collected, 'format', string.sub(meta[1], 1, 1))
  return answer('done', removed, 0)
end)
