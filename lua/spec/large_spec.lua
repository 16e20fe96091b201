-- large_spec.lua: blobs in chunks, and quotas of objects and bytes.
-- @include lib/spec.lua
local function large(...)
  local ids, size = {}, 0
  for number, chunk in ipairs({...}) do
    ids[number] = id_of(framed('blob', chunk))
    size = size + #chunk
  end
  return 'large ' .. size .. ' ' .. #(...) .. '\0' .. table.concat(ids)
end

-- Stores a large blob of two chunks, and answers its id.
local function put_large()
  local one, two = framed('blob', 'chunk one '), framed('blob', 'two')
  local id = id_of(framed('blob', 'chunk one two'))
  put_objects(id_of(one), one, id_of(two), two, id, large('chunk one ', 'two'))
  return id, id_of(one), id_of(two)
end

local function is_there(id)
  return redis.call('HEXISTS', keys.objects, id) == 1
end

local function collect(units)
  scripts.collect('begin', '0', '0')
  for _ = 1, 10000 do
    local reply = scripts.collect('step', units or '100')
    if reply[1] == 'done' then return reply[5] end
  end
end

-- What is counted, and what is there.
local function counted()
  local values = redis.call('HMGET', keys.meta, 'objects', 'bytes')
  local bytes = 0
  for _, value in ipairs(redis.call('HVALS', keys.objects)) do bytes = bytes + #value end
  return {tonumber(values[1]), tonumber(values[2])}, {redis.call('HLEN', keys.objects), bytes}
end

local function expect_exact()
  local told, found = counted()
  expect(told).equals(found)
end

describe('large blobs', function()
  it('are blobs to whoever refers to them', function()
    fresh_store()
    local id = put_large()
    expect(commit{{'film', '*', 'entry', '100644', id}}[1]).equals('committed')
    expect(commit{{'film', '*', 'entry', '40000', id}}).fails_with('BADENTRY')
    expect(scripts.object_kinds(id)).equals({'large'})
    expect(find('ref', 'refs/heads/main', 'bytes', 'film')[4]).equals(large('chunk one ', 'two'))
    expect(scripts.object_sizes('1000', id)).equals({'large 13', #large('chunk one ', 'two')})
  end)

  it('are changed by the client', function()
    fresh_store()
    commit{{'film', '*', 'entry', '100644', (put_large())}}
    expect(commit{{'film', '*', 'append', '', 'x'}}).fails_with('TOOLARGE')
  end)

  it('are collected with their chunks, and kept with them', function()
    fresh_store()
    local id, one, two = put_large()
    commit{{'film', '*', 'entry', '100644', id}}
    expect(collect('1')).equals(0)
    expect({is_there(id), is_there(one), is_there(two)}).equals({true, true, true})
    commit{remove('film'), parents = ''}
    expect(collect('3') > 2).equals(true)
    expect({is_there(id), is_there(one), is_there(two)}).equals({false, false, false})
  end)

  it('are kept when they come while garbage is collected', function()
    fresh_store()
    commit{set('a', '1')}
    scripts.collect('begin', '0', '0')
    scripts.collect('step', '2')
    local id, one, two = put_large()
    commit{{'film', '*', 'entry', '100644', id}}
    expect(collect('2')).equals(0)
    expect({is_there(id), is_there(one), is_there(two)}).equals({true, true, true})
  end)
end)

describe('quotas', function()
  local function limit(what, value)
    return scripts.configure('1', 'config.quota.' .. what, value)
  end

  it('count from then on, are told what was there, and refuse what would be too much', function()
    fresh_store()
    commit{set('a', '1')}
    limit('objects', '10')
    expect(redis.call('HGET', keys.meta, 'objects')).equals('0')
    local _, found = counted()
    local result = ' ' .. found[1] .. ' ' .. found[2]
    scripts.configure('1', 'counting', 'abc')
    -- Another one begins to count, so that what the first one has found does not count.
    scripts.configure('1', 'counting', 'def')
    scripts.configure('1', 'counted', 'abc' .. result)
    expect(redis.call('HMGET', keys.meta, 'objects', 'counting')).equals({'0', 'def'})
    scripts.configure('1', 'counted', 'def' .. result)
    expect_exact()
    scripts.configure('1', 'counted', 'def' .. result)
    scripts.configure('1', 'counted', 'def')
    expect_exact()
    collect()
    expect_exact()
    commit{set('a', '2')}
    expect_exact()
    commit{set('a', '3')}
    local before = snapshot()
    expect(commit{set('a', '4')}.err).equals('QUOTA objects 10')
    expect(snapshot()).equals(before)
    -- What is there already needs no room.
    expect(put_objects(id_of(framed('blob', '3')), framed('blob', '3'))).equals(0)
    local new = framed('blob', 'new')
    expect(put_objects(id_of(new), new)).equals(1)
    expect_exact()
    local newer = framed('blob', 'newer')
    expect(put_objects(id_of(newer), newer)).fails_with('QUOTA')
    collect()
    expect_exact()
    expect(put_objects(id_of(newer), newer)).equals(1)
    limit('objects', '20')
    expect(commit{set('a', '4')}[1]).equals('committed')
    limit('objects', '')
    expect(redis.call('HMGET', keys.meta, 'objects', 'bytes')).equals({false, false})
    scripts.configure('1', 'counted', 'abc 5 5')
    expect(redis.call('HGET', keys.meta, 'objects')).equals(false)
  end)

  it('count once what is stored already', function()
    fresh_store()
    limit('objects', '10')
    commit{set('a', '1')}
    expect_exact()
    commit{set('a', '1'), set('b', '1'), set('c', '2')}
    expect_exact()
    expect(redis.call('HGET', keys.meta, 'objects')).equals('6')
  end)

  it('of bytes', function()
    fresh_store()
    limit('bytes', '1000')
    collect()
    expect(commit{set('a', string.rep('x', 900))}.err).equals('QUOTA bytes 1000')
    expect(commit{set('a', string.rep('x', 100))}[1]).equals('committed')
    expect_exact()
    limit('objects', '100000')
    expect(commit{set('a', string.rep('y', 500))}.err).equals('QUOTA bytes 1000')
  end)

  it('stay exact beside a collection, whatever comes meanwhile', function()
    for units = 1, 12 do
      forget_store()
      fresh_store()
      for number = 1, 3 do commit{set('a/b', 'old ' .. number), set('c', tostring(number))} end
      local garbage = framed('blob', 'garbage')
      put_objects(id_of(garbage), garbage)
      commit{ref = 'refs/heads/gone', set('lost', 'lost')}
      scripts.set_refs('', '', '', 'refs/heads/gone', '*', '')
      limit('bytes', '1000000')
      scripts.collect('begin', '0', '0')
      scripts.collect('step', tostring(units))
      -- Something new, something old, what was garbage, and what a branch has left.
      commit{set('c', 'new'), set('d', 'old 1')}
      commit{set('e', 'lost')}
      put_objects(id_of(garbage), garbage, id_of(framed('blob', '1')), framed('blob', '1'))
      collect('2')
      expect_exact()
      collect('50')
      expect_exact()
    end
  end)

  it('are made exact by the next collection, not by one that began without them', function()
    fresh_store()
    commit{set('a', '1')}
    scripts.collect('begin', '0', '0')
    limit('bytes', '100000')
    collect()
    expect(redis.call('HGET', keys.meta, 'bytes')).equals('0')
    collect()
    expect_exact()
    scripts.collect('begin', '0', '0')
    limit('bytes', '')
    collect()
    expect(redis.call('HGET', keys.meta, 'bytes')).equals(false)
  end)
end)
