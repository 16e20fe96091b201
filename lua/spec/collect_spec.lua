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
    if reply[1] == 'waiting' or reply[1] == 'held' then return reply[1] end
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

  it('ends where the log was trimmed between two pages of it', function()
    fresh_store('100')
    for n = 1, 150 do commit{set('n', tostring(n))} end
    begin('0', '600000')
    repeat
      local reply = scripts.collect('step', '1')
    until redis.call('HGET', keys.collection, 'scan') == 'log'
      and redis.call('HGET', keys.collection, 'at') ~= '+' or reply[1] ~= 'scanning'
    local at = redis.call('HGET', keys.collection, 'at')
    expect(at:match('^%d+%-0$')).equals(at)
    for n = 1, 400 do commit{set('n', tostring(n))} end
    expect(#redis.call('XRANGE', keys.log, '-', at)).equals(0)
    expect(finish()).equals(0)
    expect(text_at('n')).equals('400')
  end)

  it('keeps more refs and leases than a page of a scan holds', function()
    fresh_store()
    local objects, changes, of_refs, of_leases = {}, {}, {}, {}
    for n = 1, 600 do
      local text, id = blob('ref ' .. n)
      objects[2 * n - 1], objects[2 * n], of_refs[n] = id, text, id
      for _, field in ipairs({'refs/tags/t' .. n, '', id}) do changes[#changes + 1] = field end
    end
    put_objects(unpack(objects))
    set_refs(unpack(changes))
    for n = 1, 600 do
      local text, id = blob('lease ' .. n)
      objects[2 * n - 1], objects[2 * n], of_leases[n] = id, text, id
    end
    put_objects(unpack(objects))
    for n = 1, 600 do scripts.lease('begin', 'l' .. n, '600000', of_leases[n]) end
    local text, id = blob('garbage')
    put_objects(id, text)
    begin()
    expect(finish('100')).equals('held')
    redis.call('DEL', keys.leases)
    expect(finish()).equals(1)
    expect(scripts.missing_objects(unpack(of_refs))).equals({})
    expect(scripts.missing_objects(unpack(of_leases))).equals({})
    expect(is_there(id)).equals(false)
  end)

  it('passes over submodules: their commits are elsewhere', function()
    fresh_store()
    local id = string.rep('s', 20)
    commit{set('a', '1'), {'sub', '*', 'entry', '160000', id}, set('z', '2')}
    begin()
    expect(finish()).equals(0)
    expect(is_there(id)).equals(false)
    expect(text_at('a') .. text_at('z')).equals('12')
  end)

  it('keeps the parents of a commit that has nothing but headers', function()
    fresh_store()
    local first = commit{set('a', '1')}[3]
    set_refs('refs/heads/main', first, put_headers(first))
    begin()
    expect(finish()).equals(0)
    expect(is_there(first)).equals(true)
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

  it('follows the ids of a store with SHA-256', function()
    local explanation_id = raw('ec4350d1fc867895a76028a19491518947db47664bee066f4b2d28ff6a3cc572')
    local function id(letter) return string.rep(letter, 32) end
    local function text(tree, parent)
      return framed('commit', 'tree ' .. tree .. (parent and '\nparent ' .. parent or '') .. '\nauthor ' .. person
        .. '\ncommitter ' .. person .. '\n\nm\n')
    end
    for _, layout in ipairs({'git', 'wide'}) do
      forget_store()
      scripts.create(layout == 'wide' and '2' or '1', 'sha256', 'refs/heads/main', '1000', '1000', 'id', layout,
        explanation_id, explanation)
      local tree = string.rep('74', 32)
      put_objects(id('a'), framed('blob', 'a'), id('b'), framed('blob', 'b'), id('g'), framed('blob', 'garbage'),
        id('l'), framed('blob', 'leased'), id('t'), framed('tree', '40000 d\0' .. id('u') .. '100644 f\0' .. id('a')),
        id('u'), framed('tree', '100644 g\0' .. id('b')), id('p'), text(tree),
        id('c'), text(tree, string.rep('70', 32)), id('h'), text(tree))
      set_refs('refs/heads/main', '', id('c'))
      scripts.set_head(string.rep('68', 32))
      scripts.lease('begin', 'l', '600000', id('l'))
      begin()
      expect(finish('2')).equals('held')
      scripts.lease('end', 'l')
      -- What marks of wide directories refer to is garbage where there are none.
      expect(finish()).equals(layout == 'wide' and 1 or 2)
      expect(is_there(explanation_id)).equals(layout == 'wide')
      expect(scripts.missing_objects(id('a'), id('b'), id('c'), id('h'), id('l'), id('p'), id('t'), id('u')))
        .equals({})
      expect(is_there(id('g'))).equals(false)
    end
  end)

  it('does without what the record of a store does not say', function()
    fill()
    redis.call('HDEL', keys.meta, 'head')
    begin()
    expect(finish()).equals(0)
    expect(text_at('a/b/c')).equals('3')
  end)

  it('goes on with a collection of a version that did not count what is stored anew', function()
    fill()
    scripts.configure('1', 'config.quota.objects', '1000')
    begin()
    expect(finish()).equals(0)
    local text, id = blob('garbage')
    put_objects(id, text)
    begin()
    redis.call('HDEL', keys.collection, 'twice', 'twice_bytes')
    expect(finish('5')).equals(1)
    expect(redis.call('HGET', keys.meta, 'objects')).equals(tostring(redis.call('HLEN', keys.objects)))
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

  it('is not held up by an upload that has not ended, and keeps what has come', function()
    for _, units in ipairs({'1', '1000'}) do
      fill()
      local text, text_id = blob('in a film')
      local part, part_id = blob('part of it')
      local inner = framed('tree', '100644 a\0' .. text_id .. '100644 b\0' .. part_id)
      local outer = framed('tree', '40000 c\0' .. id_of(inner))
      local garbage, garbage_id = blob('garbage')
      -- What an earlier upload has left unfinished, and this one finds.
      put_objects(garbage_id, garbage, id_of(inner), inner, part_id, part)
      begin()
      put_objects(id_of(outer), outer, id_of(inner), inner)
      expect(finish(units)).equals(1)
      expect({is_there(id_of(outer)), is_there(id_of(inner)), is_there(part_id)}).equals({true, true, true})
      -- The rest comes, and a ref: now it has to be whole.
      begin()
      expect(commit{{'', '*', 'entry', '40000', id_of(outer)}}[1]).equals('committed')
      expect(finish(units)).fails_with('MISSING')
      put_objects(text_id, text)
      expect(finish(units)).equals(0)
      expect(text_at('c/a')).equals('in a film')
      forget_store()
    end
  end)

  it('goes on where a lease finds what an upload has left', function()
    fill()
    local _, text_id = blob('never stored')
    local tree = framed('tree', '100644 a\0' .. text_id)
    put_objects(id_of(tree), tree)
    begin()
    scripts.lease('begin', ('l'):rep(16), '1000000')
    expect(scripts.lease('renew', ('l'):rep(16), id_of(tree))).equals({'tree'})
    scripts.lease('end', ('l'):rep(16))
    expect(finish()).equals(0)
    expect(is_there(id_of(tree))).equals(true)
    begin()
    scripts.lease('begin', ('l'):rep(16), '1000000', id_of(tree))
    scripts.lease('end', ('l'):rep(16))
    expect(finish()).fails_with('MISSING')
  end)

  it('ends at a record of a large blob that cannot be read', function()
    for _, head in ipairs({'large 5000 2000\0', 'large 5000 0\0', 'large x\0', 'large 2000 2000\0'}) do
      fill()
      local one, two = id_of('blob 1\0a'), id_of('blob 1\0b')
      local record = head .. one .. two
      put_objects(one, 'blob 1\0a', two, 'blob 1\0b')
      redis.call('HSET', keys.objects, ('r'):rep(20), record)
      commit{{'film', '*', 'entry', '100644', ('r'):rep(20)}}
      begin()
      expect(finish()).fails_with('BADTREE')
      expect({is_there(one), is_there(two)}).equals({true, true})
      forget_store()
    end
  end)

  it('keeps what is called by another kind than it is', function()
    for _, units in ipairs({'1', '3', '1000'}) do
      -- A tree that calls another branch's tree a blob, and one that calls its commit so.
      fill()
      local other = commit{ref = 'refs/heads/other', set('x/y', '1')}
      for at, id in ipairs({other[5], other[3]}) do
        local wrong = framed('tree', '100644 a\0' .. id)
        put_objects(id_of(wrong), wrong)
        commit{ref = 'refs/heads/wrong' .. at, {'b', '*', 'entry', '40000', id_of(wrong)}}
      end
      begin()
      expect(finish(units)).equals(0)
      expect(text_at('x/y', 'refs/heads/other')).equals('1')
      forget_store()
    end
  end)

  it('keeps what has the id of a submodule\'s commit', function()
    fill()
    local text, text_id = blob('twice')
    put_objects(text_id, text)
    local tree = commit{ref = 'refs/heads/other', set('x/y', '1')}[5]
    commit{{'m', '*', 'entry', '160000', text_id}, {'n', '*', 'entry', '100644', text_id},
      {'o', '*', 'entry', '160000', tree}, {'p', '*', 'entry', '40000', tree}}
    set_refs('refs/heads/other', '*', '')
    begin()
    expect(finish()).equals(1)
    expect({text_at('n'), text_at('p/x/y')}).equals({'twice', '1'})
  end)

  it('ends at a header that has no end', function()
    fill()
    local garbage, garbage_id = blob('garbage')
    put_objects(garbage_id, garbage)
    for _, damaged in ipairs({'tree 9', 'large 9 4'}) do
      redis.call('HSET', keys.objects, ('q'):rep(20), damaged)
      set_refs('refs/tags/x', '*', ('q'):rep(20))
      begin()
      expect(finish()).fails_with('BADTREE')
      expect(finish()).fails_with('BADTREE')
      expect(is_there(garbage_id)).equals(true)
      set_refs('refs/tags/x', '*', '')
      redis.call('DEL', keys.worklist)
      finish()
      put_objects(garbage_id, garbage)
    end
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
    local damages = {framed('commit', 'nothing'), 'tag 1\0x'}
    for _, cut in ipairs(cut_entries) do damages[#damages + 1] = framed('tree', cut) end
    for _, damage in ipairs(damages) do
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
    expect(finish()).equals('held')
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
    expect(finish()).equals('held')
    scripts.lease('end', 'l')
    expect(finish()).equals(0)
    expect(is_there(lost[3])).equals(true)
    begin()
    expect(finish()).equals('held')
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
    expect(finish()).equals('held')
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
