-- store_spec.lua: opening, objects, links, statistics and deletion.
-- @include lib/spec.lua
describe('open', function()
  it('says what a store is like', function()
    expect(scripts.open()).equals({'absent'})
    fresh_store()
    commit{set('a', '1')}
    expect(scripts.open()).equals({'opened', '1', 'sha1', 'refs/heads/main', '1', 'git'})
    -- Whoever takes it for a store of the other layout is told.
    expect(scripts.find('ref', 'refs/heads/main', 'entry', 'wide')).fails_with('FORMAT')
  end)

  it('says also of a store without a format what it is like, and so does who would create it', function()
    fresh_store()
    redis.call('HDEL', keys.meta, 'format')
    expect(scripts.open()).equals({'opened', '', 'sha1', 'refs/heads/main', '0', 'git'})
    expect(fresh_store()).equals({'opened', '', 'sha1', 'refs/heads/main', '0', 'git'})
    expect(commit{set('a', '1')}).fails_with('NOSTORE')
  end)

  it('refuses a key of another type', function()
    redis.call('SET', keys.meta, 'x')
    expect(pcall(scripts.open)).equals(false)
  end)
end)

describe('create', function()
  it('creates a store once and then says what it is like', function()
    expect(fresh_store()).equals({'created', '1', 'sha1', 'refs/heads/main', '0', 'git'})
    commit{set('a', '1')}
    expect(scripts.create('1', 'sha256', 'other', '5', '5', 'id', 'git')).equals(
      {'opened', '1', 'sha1', 'refs/heads/main', '1', 'git'})
  end)

  it('does not begin anew where the record of a store is lost', function()
    fresh_store()
    commit{set('a', '1')}
    redis.call('DEL', keys.meta)
    expect(fresh_store()).fails_with('DAMAGED')
    expect(redis.call('EXISTS', keys.meta)).equals(0)
  end)

  it('refuses a key of another type', function()
    redis.call('SET', keys.meta, 'x')
    expect(scripts.create('1', 'sha1', 'x', '1', '1', 'id', 'git').err ~= nil).equals(true)
    expect(redis.call('GET', keys.meta)).equals('x')
  end)
end)

describe('put_objects', function()
  local blob = framed('blob', 'hello')

  it('stores what is new and counts it', function()
    fresh_store()
    expect(put_objects(id_of(blob), blob)).equals(1)
    expect(put_objects(id_of(blob), blob, id_of(framed('blob', '')), framed('blob', ''))).equals(1)
    expect(redis.call('HGET', keys.objects, id_of(blob))).equals(blob)
    expect(redis.call('HLEN', keys.objects)).equals(2)
  end)

  it('refuses bytes that do not hash to the id, and stores none of the others', function()
    fresh_store()
    local before = snapshot()
    expect(put_objects(id_of(blob), blob, string.rep('x', 20), blob)).fails_with('BADHASH')
    expect(snapshot()).equals(before)
  end)

  it('takes the client\'s word for SHA-256 ids', function()
    scripts.create('1', 'sha256', 'x', '1', '1', 'id', 'git')
    expect(put_objects(string.rep('x', 32), blob)).equals(1)
  end)

  it('refuses a store that is gone', function()
    expect(put_objects(id_of(blob), blob)).fails_with('NOSTORE')
    expect(redis.call('EXISTS', keys.objects)).equals(0)
  end)
end)

describe('read_objects', function()
  it('answers in order, false for what is missing, and stops at the limit', function()
    fresh_store()
    local one, two = framed('blob', 'one'), framed('blob', string.rep('2', 100))
    put_objects(id_of(one), one, id_of(two), two)
    local missing = string.rep('m', 20)
    expect(scripts.read_objects('1000', id_of(one), missing, id_of(two))).equals({one, false, two})
    expect(scripts.read_objects('50', id_of(one), missing, id_of(two), id_of(one))).equals({one, false})
    expect(scripts.read_objects('0', id_of(two), id_of(one))).equals({two})
  end)
end)

describe('stored_sizes', function()
  it('tells how much is stored of each object, wherever it is', function()
    fresh_store()
    local one, two = framed('blob', 'one'), framed('blob', string.rep('2', 100))
    put_objects(id_of(one), one, id_of(two), two)
    expect(scripts.stored_sizes(id_of(two), string.rep('m', 20), id_of(one))).equals({#two, 0, #one})
    redis.call('HSET', keys.objects, id_of(two), '')
    redis.call('HSET', keys.survivors, id_of(two), two)
    expect(scripts.stored_sizes(id_of(two))).equals({#two})
  end)
end)

describe('object_kinds', function()
  it('tells the kind of each object', function()
    fresh_store()
    local reply = commit{set('a', '1')}
    expect(scripts.object_kinds(reply[3], reply[5], id_of(framed('blob', '1')), string.rep('m', 20)))
      .equals({'commit', 'tree', 'blob', ''})
    redis.call('HSET', keys.objects, string.rep('g', 20), '1 garbage')
    expect(scripts.object_kinds(string.rep('g', 20))).equals({'?'})
  end)
end)

describe('scan_objects', function()
  it('visits every object and filters by prefix', function()
    fresh_store()
    local edits = {}
    for n = 1, 200 do edits[n] = set('f' .. n, tostring(n)) end
    commit(edits)
    local seen, count, cursor = {}, 0, '0'
    repeat
      local reply = scripts.scan_objects(cursor, '10', '')
      cursor = reply[1]
      for at = 3, #reply, 2 do
        if not seen[reply[at]] then count = count + 1 end
        seen[reply[at]] = true
        expect(#redis.call('HGET', keys.objects, reply[at])).equals(reply[at + 1])
      end
    until cursor == '0'
    expect(count).equals(202)
    local wanted = redis.sha1hex(framed('blob', '77'))
    local found = {}
    cursor = '0'
    repeat
      local reply = scripts.scan_objects(cursor, '1000', string.sub(wanted, 1, 9))
      cursor = reply[1]
      for at = 3, #reply, 2 do found[#found + 1] = reply[at] end
    until cursor == '0'
    expect(found).equals({raw(wanted)})
  end)
end)

describe('walk_commits', function()
  it('goes breadth first, each commit once, up to the limit', function()
    fresh_store()
    local one = commit{set('a', '1')}[3]
    local two = commit{set('a', '2')}[3]
    local side = commit{ref = 'refs/heads/side', parents = one, set('b', '1')}[3]
    local merge = commit{parents = two .. side, set('b', '2')}[3]
    local reply = scripts.walk_commits('10', merge)
    expect({reply[1], reply[2], reply[4], reply[6], reply[8]}).equals({false, merge, two, side, one})
    expect(#reply).equals(9)
    expect(reply[3]).equals(redis.call('HGET', keys.objects, merge))
    expect(#scripts.walk_commits('2', merge)).equals(5)
    redis.call('HDEL', keys.objects, one)
    expect(scripts.walk_commits('10', two)[5]).equals(false)
  end)

  it('goes on from a commit that has nothing but headers', function()
    fresh_store()
    local one = commit{set('a', '1')}[3]
    local two = put_headers(one)
    local reply = scripts.walk_commits('10', two)
    expect({reply[2], reply[4], #reply}).equals({two, one, 5})
  end)
end)

describe('link', function()
  it('records a link', function()
    fresh_store()
    expect(scripts.link('index', 'key')).equals(1)
    expect(redis.call('HGET', keys.links, 'index')).equals('key')
    redis.call('DEL', keys.meta)
    expect(scripts.link('index', 'other')).fails_with('NOSTORE')
  end)
end)

describe('stats', function()
  it('counts what the store holds', function()
    fresh_store()
    commit{token = 't', set('a', '1')}
    commit{set('a', '2')}
    expect(scripts.stats()).equals({6, 2, 2, 1, 0})
  end)
end)

describe('delete_store', function()
  it('refuses everybody from its first step on and leaves nothing', function()
    fresh_store()
    local edits = {}
    for n = 1, 900 do edits[n] = set('d' .. n % 30 .. '/f' .. n, tostring(n)) end
    commit(edits)
    scripts.link('index', 'key')
    commit{token = 't', set('x', '1')}
    local reply = scripts.delete_store('50', '1', '0')
    expect(commit{set('a', '1')}).fails_with('FORMAT')
    expect(put_objects(id_of(framed('blob', 'n')), framed('blob', 'n'))).fails_with('FORMAT')
    local steps = 0
    while reply[1] ~= 'done' do
      reply = scripts.delete_store('50', tostring(reply[1]), reply[2])
      steps = steps + 1
      if steps > 1000 then error('it never ends') end
    end
    for _, key in pairs(keys) do expect(redis.call('EXISTS', key)).equals(0) end
  end)
end)

describe('a store with nothing in it', function()
  it('has an empty log', function()
    fresh_store()
    local reply = scripts.read_log('after', '0', '10')
    expect({reply[1], reply[2], reply[4]}).equals({0, 1, nil})
  end)

  it('has statistics also where there is none', function()
    expect(scripts.stats()).equals({0, 0, 0, 0, 0})
  end)

  it('finds nothing where there is none', function()
    expect(find('id', string.rep('m', 20), 'entry', 'a')).equals({})
  end)

  it('answers how many collections there were with what it stores', function()
    fresh_store()
    redis.call('HSET', keys.meta, 'collected', '3')
    local blob = framed('blob', 'x')
    expect(scripts.put_objects('', id_of(blob), blob)).equals({1, 3})
  end)

  it('is deleted in one step', function()
    expect(scripts.delete_store('10', '12', '0')).equals({'done'})
    expect(redis.call('EXISTS', keys.meta)).equals(0)
  end)

  it('gets what a record of another version does not say', function()
    redis.call('HSET', keys.meta, 'format', '1')
    expect(scripts.open()).equals({'opened', '1', '', '', '', ''})
    expect(scripts.create('1', 'sha1', 'refs/heads/main', '9', '9', 'id', 'git'))
      .equals({'opened', '1', '', '', '', ''})
    redis.call('HSET', keys.meta, 'position', '0')
    expect(scripts.read_log('before', '', '9')).equals({0, 1, ''})
  end)

  it('leaves out what a collection has moved away', function()
    fresh_store()
    redis.call('HSET', keys.objects, string.rep('a', 20), '')
    expect(scripts.scan_objects('0', '10', '')).equals({'0', 0})
  end)
end)
