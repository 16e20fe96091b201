-- collect_spec.lua: garbage is removed, and nothing else, whatever happens between two steps.
-- @include lib/spec.lua

local function begin(wait, log)
  return scripts.collect('begin', wait or '0', log or '0')
end

-- Steps to the end and answers how many objects were removed; what else came last when it cannot end.
local function finish(units, steps)
  for _ = 1, steps or 500 do
    local reply = scripts.collect('step', units or '1000')
    if reply.err then return reply end
    if reply[1] == 'done' then return reply[5] end
    if reply[1] == 'waiting' then return 'waiting' end
  end
  return 'unfinished'
end

local function is_there(id)
  return #scripts.missing_objects(id) == 0
end

local function log_of(branch)
  return redis.call('HGET', keys.refs, branch or 'refs/heads/main'):sub(1, 20)
end

local function blob(text)
  return framed('blob', text), id_of(framed('blob', text))
end

local function fill(layout)
  if layout == 'wide' then fresh_wide_store() else fresh_store() end
  commit{set('a/b/c', '1'), set('d', '2')}
  commit{set('a/b/c', '3')}
  commit{ref = 'refs/heads/side', set('x', '4')}
end

describe('collect', function()
  it('removes what nothing leads to', function()
    fill()
    local head = log_of()
    local lost = commit{ref = 'refs/heads/gone', set('z', 'lost')}
    local text, id = blob('never used')
    put_objects(id, text)
    scripts.set_refs('', '', '', 'refs/heads/gone', '*', '')
    expect(scripts.collect('step', '10')[1]).equals('idle')
    expect(begin()[1]).equals('scanning')
    expect(begin()[1]).equals('scanning')
    expect(redis.call('HGET', keys.meta, 'format')).equals('1+')
    expect(scripts.open()[2]).equals('1')
    local count = scripts.stats()[1]
    scripts.collect('step', '25')
    expect(scripts.stats()[1]).equals(count)
    expect(finish()).equals(4)
    expect(is_there(id)).equals(false)
    expect(is_there(lost[3])).equals(false)
    expect(is_there(head)).equals(true)
    expect(text_at('a/b/c')).equals('3')
    expect(redis.call('EXISTS', keys.survivors)).equals(0)
    expect(redis.call('EXISTS', keys.worklist)).equals(0)
    expect(redis.call('EXISTS', keys.collection)).equals(0)
    expect(redis.call('HGET', keys.meta, 'collected')).equals('1')
    expect(redis.call('HGET', keys.meta, 'format')).equals('1')
    -- Once more: nothing is left to remove.
    begin()
    expect(finish()).equals(0)
    expect(scripts.collect('step', '10')).equals({'idle', 0, 0, 0, 0, 0, 2, 0})
  end)

  it('goes on in steps of any size, and everything can be read meanwhile', function()
    for _, units in ipairs({'1', '3', '7', '50'}) do
      forget_store()
      fill()
      local wide = {}
      for n = 1, 60 do wide[n] = set('many/f' .. n, 'text ' .. n) end
      commit(wide)
      local text, id = blob('garbage')
      put_objects(id, text)
      begin()
      local removed
      for step = 1, 1000 do
        local reply = scripts.collect('step', units)
        expect(text_at('a/b/c')).equals('3')
        expect(text_at('many/f60')).equals('text 60')
        if reply[1] == 'done' then
          removed = reply[5]
          break
        end
      end
      expect(removed).equals(1)
      expect(text_at('many/f1')).equals('text 1')
    end
  end)

  it('keeps tags, what HEAD says when it is detached, and large objects', function()
    fill()
    local loose = commit{ref = 'refs/heads/gone', set('z', string.rep('large ', 9000))}
    local loose_two = commit{ref = 'refs/heads/gone-two', set('z', 'head')}
    local tag = framed('tag', 'object ' .. redis.sha1hex(redis.call('HGET', keys.objects, loose[3]))
      .. '\ntype commit\ntag v1\ntagger ' .. person .. '\n\nm\n')
    put_objects(id_of(tag), tag)
    scripts.set_refs('', '', '', 'refs/tags/v1', '', id_of(tag), 'refs/heads/gone', '*', '',
      'refs/heads/gone-two', '*', '')
    scripts.set_head(redis.sha1hex(redis.call('HGET', keys.objects, loose_two[3])))
    begin()
    expect(finish('5')).equals(0)
    expect(is_there(loose[3])).equals(true)
    expect(is_there(id_of(framed('blob', string.rep('large ', 9000))))).equals(true)
    expect(is_there(loose_two[3])).equals(true)
  end)

  it('keeps what branches have left lately, as the log has it', function()
    fresh_store()
    local first = commit{set('a', '1')}
    local second = commit{parents = '', message = 'another root\n', set('a', '2')}
    local third = commit{ref = 'refs/heads/side', set('b', '3')}
    scripts.set_refs('', '', '', 'refs/heads/side', '*', '')
    -- More than a page of the log.
    for n = 1, 120 do commit{set('n', tostring(n))} end
    begin('0', '600000')
    expect(finish()).equals(0)
    expect(is_there(first[3])).equals(true)
    expect(is_there(second[3])).equals(true)
    expect(is_there(third[3])).equals(true)
    begin('0', '0')
    expect(finish() > 0).equals(true)
    expect(is_there(first[3])).equals(false)
    expect(is_there(second[3])).equals(true)
    expect(is_there(third[3])).equals(false)
    -- What was removed before is not looked for again.
    begin('0', '600000')
    expect(finish()).equals(0)
  end)

  it('keeps what comes to be used while it is under way', function()
    for _, steps in ipairs({0, 1, 2, 5, 40}) do
      forget_store()
      fill()
      local text, id = blob('used again')
      put_objects(id, text)
      local lost = commit{ref = 'refs/heads/gone', set('z/y', 'lost')}
      local lost_two = commit{ref = 'refs/heads/gone', set('w', 'lost too')}
      scripts.set_refs('', '', '', 'refs/heads/gone', '*', '')
      begin()
      for _ = 1, steps do
        if scripts.collect('step', '2')[1] == 'done' then begin('600000') end
      end
      if is_there(lost_two[3]) then
        commit{{'again', '*', 'entry', '100644', id}}
        commit{ref = 'refs/heads/merge', parents = '*' .. lost[3], set('m', '1')}
        scripts.set_refs('', '', '', 'refs/heads/back', '', lost_two[3])
        local new, new_id = blob('new')
        local tree = framed('tree', '100644 new\0' .. new_id)
        put_objects(new_id, new, id_of(tree), tree, id, text)
        put_objects(new_id, new, id_of(tree), tree)
        commit{{'tree', '*', 'entry', '40000', id_of(tree)}}
        redis.call('HSET', keys.collection, 'wait', '0')
        expect(finish('3')).differs_from('waiting')
        expect(text_at('again')).equals('used again')
        expect(text_at('tree/new')).equals('new')
        expect(text_at('w', 'refs/heads/back')).equals('lost too')
        expect(text_at('z/y', 'refs/heads/back')).equals('lost')
        expect(is_there(lost[3])).equals(true)
        begin()
        expect(finish()).equals(0)
      end
    end
  end)

  it('waits as long as it is told', function()
    fill()
    begin('600000')
    expect(finish()).equals('waiting')
    expect(scripts.collect('step', '100')[6] > 599000).equals(true)
    redis.call('HSET', keys.collection, 'wait', '0')
    expect(finish()).equals(0)
  end)

  it('keeps what marks of wide directories refer to', function()
    fill('wide')
    begin()
    expect(finish()).equals(0)
    expect(is_there(id_of(explanation))).equals(true)
  end)

  it('cuts histories where the store says that they end', function()
    fresh_store()
    local first = commit{set('a', '1')}
    local second = commit{set('a', '2')}
    redis.call('SADD', keys.shallow, second[3])
    begin()
    expect(finish()).equals(3)
    expect(is_there(first[3])).equals(false)
    expect(text_at('a')).equals('2')
  end)

  it('removes nothing of a store that lacks something', function()
    fill()
    local text, id = blob('3')
    redis.call('HDEL', keys.objects, id)
    local garbage, garbage_id = blob('garbage')
    put_objects(garbage_id, garbage)
    begin()
    expect(finish('2')).fails_with('MISSING')
    expect(finish()).fails_with('MISSING')
    expect(is_there(garbage_id)).equals(true)
    put_objects(id, text)
    expect(finish()).equals(1)
    -- A commit that is missing, as a whole.
    local head = log_of('refs/heads/side')
    redis.call('HDEL', keys.objects, head)
    begin()
    expect(finish()).fails_with('MISSING')
    expect(text_at('a/b/c')).equals('3')
  end)

  it('removes nothing of a store with damaged objects', function()
    for _, damage in ipairs({framed('tree', '100644 cut'), framed('commit', 'nothing'), 'tag 1\0x'}) do
      forget_store()
      fill()
      local id = id_of(damage)
      redis.call('HSET', keys.objects, id, damage)
      redis.call('HSET', keys.refs, 'refs/tags/damaged', id)
      begin()
      expect(finish('2')).fails_with('BADTREE')
      expect(finish('50')).fails_with('BADTREE')
      redis.call('HDEL', keys.refs, 'refs/tags/damaged')
      redis.call('HSET', keys.survivors, id, framed('blob', ''))
      redis.call('HSET', keys.objects, id, '')
      redis.call('DEL', keys.worklist)
    end
  end)

  it('refuses a store that is gone', function()
    expect(begin()).fails_with('NOSTORE')
    expect(scripts.lease('begin', 'l', '1000')).fails_with('NOSTORE')
  end)
end)

describe('lease', function()
  it('holds up the end of collections that began after it', function()
    fill()
    local text, id = blob('on its way')
    expect(scripts.lease('begin', 'one', '600000')).equals({})
    put_objects(id, text)
    begin()
    expect(finish()).equals('waiting')
    expect(scripts.put_objects('one', id, text)).equals({0, 0})
    expect(scripts.lease('renew', 'one', id, string.rep('n', 20))).equals({'blob', ''})
    -- One that began after it does not.
    scripts.lease('begin', 'two', '600000')
    commit{{'way', '*', 'entry', '100644', id}}
    expect(scripts.lease('end', 'one')).equals(1)
    expect(finish()).equals(0)
    expect(text_at('way')).equals('on its way')
    scripts.lease('end', 'two')
  end)

  it('keeps the commits that it names, and what its holder has asked for', function()
    fill()
    local lost = commit{ref = 'refs/heads/gone', set('z', 'lost')}
    local two = commit{ref = 'refs/heads/gone-two', set('z', 'lost two')}
    local three = commit{ref = 'refs/heads/gone-three', set('z', 'lost three')}
    scripts.set_refs('', '', '', 'refs/heads/gone', '*', '', 'refs/heads/gone-two', '*', '',
      'refs/heads/gone-three', '*', '')
    expect(scripts.lease('begin', 'l', '600000', lost[3], string.rep('n', 20))).equals({'commit', ''})
    begin()
    expect(scripts.lease('begin', 'm', '600000', two[3])).equals({'commit'})
    scripts.lease('renew', 'm', three[3])
    expect(finish()).equals('waiting')
    scripts.lease('end', 'l')
    expect(finish()).equals(0)
    expect(is_there(lost[3])).equals(true)
    begin()
    expect(finish()).equals('waiting')
    scripts.lease('end', 'm')
    expect(finish() > 0).equals(true)
    expect(is_there(lost[3])).equals(false)
    expect(is_there(three[3])).equals(false)
    expect(is_there(two[3])).equals(true)
    begin()
    expect(finish() > 0).equals(true)
    expect(is_there(two[3])).equals(false)
  end)

  it('runs out', function()
    fill()
    local text, id = blob('late')
    scripts.lease('begin', 'l', '600000')
    scripts.lease('begin', 'm', '600000')
    redis.call('HSET', keys.leases, 'l', '1000 0 600000 ')
    expect(scripts.put_objects('l', id, text)).fails_with('LEASE')
    expect(scripts.lease('renew', 'l')).fails_with('LEASE')
    expect(scripts.lease('renew', 'none')).fails_with('LEASE')
    expect(is_there(id)).equals(false)
    begin()
    expect(finish()).equals('waiting')
    expect(redis.call('HEXISTS', keys.leases, 'l')).equals(0)
    redis.call('HSET', keys.leases, 'm', '1000 0 600000 ')
    expect(finish()).equals(0)
    expect(redis.call('HLEN', keys.leases)).equals(0)
  end)
end)

describe('a step', function()
  it('ends when its time is over, and says what it has taken', function()
    fill()
    local edits = {}
    for number = 1, 40 do edits[number] = set('many/' .. number, 'value ' .. number) end
    commit(edits)
    begin()
    local steps, taken = 0, 0
    repeat
      local reply = scripts.collect('step', '1000', '0')
      steps, taken = steps + 1, taken + reply[8]
    until reply[1] == 'done'
    -- It looks at the clock at each eighth object.
    expect(steps > 5).equals(true)
    expect(taken >= 0).equals(true)
    expect(text_at('many/40')).equals('value 40')
    begin()
    local fewer = 0
    repeat fewer = fewer + 1 until scripts.collect('step', '1000', '1000000000')[1] == 'done'
    expect(fewer < steps).equals(true)
  end)
end)

describe('scans', function()
  it('see every object while a collection moves them, and begin again when it ends', function()
    fill()
    local wanted = {}
    for _, id in ipairs(redis.call('HKEYS', keys.objects)) do wanted[id] = true end
    begin()
    scripts.collect('step', '6')
    commit{set('new', 'object')}
    local seen, cursor = {}, '0'
    local rounds = 0
    repeat
      local reply = scripts.scan_objects(cursor, '2', '')
      cursor = reply[1]
      for at = 3, #reply, 2 do seen[reply[at]] = reply[at + 1] end
      rounds = rounds + 1
      if rounds == 2 then expect(finish()).equals(0) end
    until cursor == '0'
    for id in pairs(wanted) do expect(seen[id] ~= nil).equals(true) end
    expect(rounds > 2).equals(true)
    local contents
    begin()
    for _ = 1, 4 do scripts.collect('step', '6') end
    seen, cursor = {}, '0'
    repeat
      contents = scripts.scan_contents(cursor, '2', '100000')
      cursor = contents[1]
      for at = 3, #contents, 2 do seen[contents[at]] = contents[at + 1] end
    until cursor == '0'
    for id in pairs(wanted) do expect(id_of(seen[id])).equals(id) end
    expect(#scripts.object_kinds((next(wanted)))[1] > 0).equals(true)
    expect(#scripts.read_objects('1000', (next(wanted)), (next(wanted)))).equals(2)
  end)
end)
