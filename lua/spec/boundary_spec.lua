-- boundary_spec.lua: where histories have been cut.
-- @include lib/spec.lua

local function chain(count, ref)
  local ids = {}
  for number = 1, count do ids[number] = commit{ref = ref, set('n', tostring(number))}[3] end
  return ids
end

local function begin_lease(id)
  scripts.lease('begin', id or 'l', '600000')
end

local function is_cut(id)
  return redis.call('SISMEMBER', keys.shallow, id) == 1
end

local function collect()
  scripts.collect('begin', '0', '0')
  for _ = 1, 100 do
    local reply = scripts.collect('step', '1000')
    if reply.err or reply[1] == 'done' then return reply end
  end
  return 'unfinished'
end

describe('boundary', function()
  it('says nothing of a store with whole histories', function()
    fresh_store()
    chain(2)
    expect(scripts.boundary('0', '100', '')).equals({0, 2, 0, '0'})
    expect(scripts.boundary('0', '100', 'clock')[3] > 1600000000000).equals(true)
    redis.call('DEL', keys.meta)
    expect(scripts.boundary('0', '100', '')).fails_with('NOSTORE')
  end)

  it('comes in pages', function()
    fresh_store()
    local ids, found, count, cursor = chain(300), {}, 0, '0'
    begin_lease()
    expect(scripts.cut('cut', 'l', '0', unpack(ids))).equals({1, 300})
    repeat
      local reply = scripts.boundary(cursor, '20', '')
      cursor = reply[4]
      expect(reply[1]).equals(1)
      for at = 5, #reply do
        if not found[reply[at]] then count = count + 1 end
        found[reply[at]] = true
      end
    until cursor == '0'
    expect(count).equals(300)
  end)
end)

describe('cut', function()
  it('takes commits that are stored, if nobody has changed it since', function()
    fresh_store()
    local ids = chain(3)
    begin_lease()
    expect(scripts.cut('cut', 'l', '0', ids[2], string.rep('n', 20))).equals({1, 1})
    expect(scripts.cut('cut', 'l', '0', ids[3])).equals({'moved'})
    expect(scripts.cut('cut', 'l', '1', ids[2])).equals({1, 0})
    expect(scripts.cut('cut', 'l', '1', ids[3])).equals({2, 1})
    expect(is_cut(ids[2]) and is_cut(ids[3])).equals(true)
    scripts.configure('1', 'config.retention.commits', '5')
    expect(scripts.cut('cut', 'l', '2', ids[1])).equals({'moved'})
    scripts.configure('1', 'config.other', '5')
    expect(scripts.cut('cut', 'l', '3', ids[1])).equals({4, 1})
    expect(scripts.cut('cut', 'none', '4', ids[1])).fails_with('LEASE')
  end)

  it('ends walks, and what leads to objects', function()
    fresh_store()
    local ids = chain(4)
    begin_lease()
    scripts.cut('cut', 'l', '0', ids[3])
    local reply = scripts.walk_commits('10', ids[4])
    expect(reply[1]).equals(ids[3])
    expect({reply[2], reply[4], #reply}).equals({ids[4], ids[3], 5})
    scripts.lease('end', 'l')
    expect(collect()[5]).equals(6)
    expect(#scripts.missing_objects(unpack(ids))).equals(2)
    expect(text_at('n')).equals('4')
  end)

  it('takes commits that are still to come', function()
    fresh_store()
    begin_lease()
    local id = string.rep('c', 20)
    expect(scripts.cut('receive', 'l', '', id)).equals({1, 1})
    expect(is_cut(id)).equals(true)
    -- Somebody else may be about to store it.
    begin_lease('m')
    expect(scripts.cut('sweep', 'l', '', id)).equals({1, 0})
    scripts.lease('end', 'm')
    expect(scripts.cut('sweep', 'l', '', id)).equals({2, 1})
    expect(is_cut(id)).equals(false)
  end)

  it('gives commits back whose parents are there again', function()
    fresh_store()
    local ids = chain(4)
    local parent = redis.call('HGET', keys.objects, ids[2])
    begin_lease()
    scripts.cut('cut', 'l', '0', ids[2], ids[3], ids[4])
    redis.call('HDEL', keys.objects, ids[2])
    -- Of one the parent is gone, of one it is there; one was never cut.
    expect(scripts.cut('join', 'l', '', ids[3], ids[1])).equals({1, 0})
    expect(scripts.cut('join', 'l', '', ids[4])).equals({2, 1})
    expect(scripts.cut('sweep', 'l', '', ids[2], ids[3])).equals({3, 1})
    put_objects(ids[2], parent)
    expect(scripts.cut('join', 'l', '', ids[3])).equals({4, 1})
    expect(redis.call('EXISTS', keys.shallow)).equals(0)
  end)

  it('looks for the parents of a commit that has nothing but headers', function()
    fresh_store()
    local parent = chain(1)[1]
    local id = put_headers(parent)
    local bytes = redis.call('HGET', keys.objects, parent)
    begin_lease()
    scripts.cut('cut', 'l', '0', id)
    redis.call('HDEL', keys.objects, parent)
    expect(scripts.cut('join', 'l', '', id)).equals({1, 0})
    put_objects(parent, bytes)
    expect(scripts.cut('join', 'l', '', id)).equals({2, 1})
  end)

  it('has a collection keep what counts again', function()
    fresh_store()
    local ids = chain(4)
    begin_lease()
    scripts.cut('cut', 'l', '0', ids[3])
    scripts.collect('begin', '0', '0')
    for _ = 1, 30 do scripts.collect('step', '5') end
    expect(scripts.cut('join', 'l', '', ids[3])).equals({2, 1})
    scripts.lease('end', 'l')
    expect(collect()[5]).equals(0)
    expect(scripts.missing_objects(unpack(ids))).equals({})
    redis.call('DEL', keys.meta)
    expect(scripts.cut('join', 'l', '', ids[3])).fails_with('NOSTORE')
  end)
end)
