-- transfer_spec.lua: what the scripts answer that move and check whole histories.
-- @include lib/spec.lua
describe('missing_objects', function()
  it('answers the ids that have no object, in their order', function()
    fresh_store()
    local reply = commit{set('a', '1')}
    local blob, one, two = id_of(framed('blob', '1')), string.rep('m', 20), string.rep('a', 20)
    expect(scripts.missing_objects(one, reply[3], two, blob, reply[5])).equals({one, two})
    expect(scripts.missing_objects(blob)).equals({})
    expect(scripts.missing_objects()).equals({})
  end)
end)

describe('scan_contents', function()
  it('visits every object with its bytes, or its size where there is no room', function()
    fresh_store()
    local edits = {}
    for n = 1, 200 do edits[n] = set('f' .. n, string.rep('x', n)) end
    commit(edits)
    local seen, count, without, total, cursor = {}, 0, 0, 0, '0'
    repeat
      local reply = scripts.scan_contents(cursor, '10', '500')
      cursor = reply[1]
      local bytes, room = 0, 500
      for at = 3, #reply, 2 do
        local id, found = reply[at], reply[at + 1]
        local stored = redis.call('HGET', keys.objects, id)
        if not seen[id] then count = count + 1 end
        seen[id] = true
        bytes = bytes + #stored
        if type(found) == 'number' then
          without = without + 1
          expect(found).equals(#stored)
          expect(found > room).equals(true)
        else
          room = room - #found
          expect(found).equals(stored)
        end
      end
      expect(reply[2]).equals(bytes)
      total = total + bytes
      expect(room >= 0).equals(true)
    until cursor == '0'
    expect(count).equals(202)
    expect(without > 0 and without < 202).equals(true)
  end)

  it('answers nothing of an empty store', function()
    expect(scripts.scan_contents('0', '10', '500')).equals({'0', 0})
  end)
end)

describe('scan_refs', function()
  it('visits every field as it is stored', function()
    fresh_store()
    local edits, seen, count, cursor = {}, {}, 0, '0'
    local reply = commit{set('a', '1')}
    for n = 1, 150 do
      edits[#edits + 1] = 'refs/tags/t' .. n
      edits[#edits + 1] = ''
      edits[#edits + 1] = reply[3]
    end
    set_refs(unpack(edits))
    repeat
      local step = scripts.scan_refs(cursor, '10')
      cursor = step[1]
      for at = 2, #step, 2 do
        if not seen[step[at]] then count = count + 1 end
        seen[step[at]] = step[at + 1]
      end
    until cursor == '0'
    expect(count).equals(redis.call('HLEN', keys.refs))
    expect(seen['refs/heads/main']).equals(reply[3] .. reply[5])
    expect(seen['refs/tags/t77']).equals(reply[3])
    expect(seen['refs/tags/']).equals('150')
  end)
end)

describe('entries_at', function()
  local function tree_of(reply)
    local _, _, hex = string.find(redis.call('HGET', keys.objects, reply[3]), 'tree (%x+)')
    return raw(hex)
  end

  it('answers what is at a path of each tree', function()
    fresh_store()
    local one = commit{set('a/b', '1'), set('c', '2')}
    local two = commit{set('a/b', '3')}
    local three = commit{remove('a/b')}
    local trees = {tree_of(one), tree_of(two), tree_of(three), tree_of(one)}
    local blob, other = id_of(framed('blob', '1')), id_of(framed('blob', '3'))
    expect(scripts.entries_at('git', '2', 'a', 'b', unpack(trees))).equals(
      {'100644 ' .. blob, '100644 ' .. other, false, '100644 ' .. blob})
    -- Below a blob is nothing, and at the root the tree itself.
    expect(scripts.entries_at('git', '2', 'c', 'b', trees[1])).equals({false})
    expect(scripts.entries_at('git', '0', trees[1])).equals({'40000 ' .. trees[1]})
    expect(scripts.entries_at('git', '1', 'a')).equals({})
  end)

  it('refuses another layout, and says what is missing', function()
    fresh_store()
    local reply = commit{set('a/b', '1')}
    expect(scripts.entries_at('wide', '1', 'a', tree_of(reply))).fails_with('FORMAT')
    expect(scripts.entries_at('git', '1', 'a', string.rep('x', 20))).fails_with('MISSING')
  end)

  it('takes the caller\'s word for the layout where a store\'s record is gone', function()
    fresh_store()
    local reply = commit{set('a', '1')}
    local tree = tree_of(reply)
    redis.call('HDEL', keys.meta, 'format')
    expect(scripts.entries_at('wide', '1', 'a', tree).err).equals('FORMAT ')
    expect(find('id', tree, 'entry', 'a')[2]).equals('100644')
    expect(scripts.find('id', tree, 'entry', 'wide', 'a').err).equals('FORMAT ')
    redis.call('DEL', keys.meta)
    expect(scripts.entries_at('git', '1', 'a', tree)).equals({'100644 ' .. id_of(framed('blob', '1'))})
  end)
end)

-- Answers what a scan's or a sample's triples say, by id, and how many there are.
local function sizes_of(reply, from, seen)
  local count = 0
  for at = from, #reply, 3 do
    if not seen[reply[at]] then count = count + 1 end
    seen[reply[at]] = {reply[at + 1], reply[at + 2]}
  end
  return count
end

describe('object_sizes', function()
  it('answers header and bytes for each id, as far as the limit goes', function()
    fresh_store()
    local reply = commit{set('a', 'four'), set('b', string.rep('x', 1000))}
    local small, large, none = id_of(framed('blob', 'four')),
      id_of(framed('blob', string.rep('x', 1000))), string.rep('m', 20)
    expect(scripts.object_sizes('100000', small, none, large)).equals(
      {'blob 4', 11, false, 0, 'blob 1000', 1010})
    -- Of what goes beyond the limit the first is read alone.
    expect(scripts.object_sizes('500', small, large)).equals({'blob 4', 11})
    expect(scripts.object_sizes('500', large, small)).equals({'blob 1000', 1010})
    expect(string.find(scripts.object_sizes('500', reply[3])[1], '^commit %d+$') ~= nil).equals(true)
    redis.call('HSET', keys.objects, none, 'no object')
    expect(scripts.object_sizes('500', none)).equals({'', 9})
    expect(scripts.object_sizes('500')).equals({})
  end)
end)

describe('scan_sizes', function()
  it('visits every object, and passes over what a collection has moved', function()
    fresh_store()
    local edits = {}
    for n = 1, 200 do edits[n] = set('f' .. n, string.rep('x', n)) end
    commit(edits)
    local moved = id_of(framed('blob', 'xxxx'))
    redis.call('HSET', keys.survivors, moved, framed('blob', 'xxxx'))
    redis.call('HSET', keys.objects, moved, '')
    local seen, count, bytes, cursor = {}, 0, 0, '0'
    repeat
      local reply = scripts.scan_sizes(cursor, '10')
      cursor, bytes = reply[1], bytes + reply[2]
      count = count + sizes_of(reply, 3, seen)
    until cursor == '0'
    expect(count).equals(202)
    local kept = 0
    for _, found in pairs(seen) do kept = kept + found[2] end
    expect(kept).equals(bytes)
    expect(seen[moved]).equals({'blob 4', 11})
    expect(seen[id_of(framed('blob', string.rep('x', 150)))]).equals({'blob 150', 159})
  end)
end)

describe('sample_sizes', function()
  it('answers objects from the places that are drawn', function()
    fresh_store()
    local edits = {}
    for n = 1, 200 do edits[n] = set('f' .. n, string.rep('x', 100 + n)) end
    commit(edits)
    local moved = id_of(framed('blob', string.rep('x', 104)))
    redis.call('HSET', keys.survivors, moved, framed('blob', string.rep('x', 104)))
    redis.call('HSET', keys.objects, moved, '')
    local places = {}
    for n = 1, 400 do places[n] = tostring(n * 10700000) end
    local seen = {}
    local count = sizes_of(scripts.sample_sizes('2', '10000000', unpack(places)), 1, seen)
    expect(count > 100 and count <= 202).equals(true)
    for id, found in pairs(seen) do
      local bytes = redis.call('HGET', keys.objects, id)
      if bytes == '' then bytes = redis.call('HGET', keys.survivors, id) end
      expect(found[2]).equals(#bytes)
      expect(string.sub(bytes, 1, #found[1])).equals(found[1])
    end
    -- The last place of all is among the survivors.
    expect(sizes_of(scripts.sample_sizes('1', '100', '4294967295'), 1, {})).equals(1)
    -- After so many bytes no other place is read.
    local few = sizes_of(scripts.sample_sizes('1', '0', unpack(places)), 1, {})
    expect(few < 10).equals(true)
    expect(scripts.sample_sizes('1', '100')).equals({})
  end)
end)

describe('new_objects', function()
  -- The reply by id, and how many objects it has.
  local function ask(bytes, objects, ...)
    local reply = scripts.new_objects(bytes, objects, '20', ...)
    local found = {}
    for at = 1, #reply, 2 do
      expect(found[reply[at]]).equals(nil)
      found[reply[at]] = reply[at + 1]
    end
    return found, #reply / 2
  end

  local function tree_at(path)
    local arguments = {'ref', 'refs/heads/main', 'entry'}
    for step in string.gmatch(path, '[^/]+') do arguments[#arguments + 1] = step end
    return find(unpack(arguments))[3]
  end

  it('answers what is new at each place, and what it is compared with', function()
    fresh_store()
    local old = commit{set('a/x/1', 'one'), set('a/x/2', 'two'), set('b/1', 'same'), set('c', 'file'),
      set('gone', 'away')}
    local old_a, old_x = tree_at('a'), tree_at('a/x')
    local new = commit{set('a/x/1', 'other'), set('c/d', 'deep'), remove('gone')}
    local found, count = ask('100000', '100', new[5] .. old[5])
    local wanted = {new[5], old[5], tree_at('a'), old_a, tree_at('a/x'), old_x, tree_at('c'),
      id_of(framed('blob', 'other')), id_of(framed('blob', 'deep'))}
    for _, id in ipairs(wanted) do expect(found[id]).equals(redis.call('HGET', keys.objects, id)) end
    expect(count).equals(#wanted)
    -- With nothing to compare with, all; compared with itself, only that.
    expect(select(2, ask('100000', '100', new[5]))).equals(9)
    expect(select(2, ask('100000', '100', new[5] .. new[5]))).equals(1)
    -- What either of two has is known; each object comes once.
    expect(select(2, ask('100000', '100', new[5] .. old[5] .. new[5], new[5] .. old[5]))).equals(2)
  end)

  it('ends when there is no more room', function()
    fresh_store()
    local reply = commit{set('a/x/1', 'one'), set('b', 'two')}
    expect(select(2, ask('1', '100', reply[5], tree_at('a')))).equals(1)
    expect(select(2, ask('100000', '2', reply[5]))).equals(2)
  end)

  it('leaves out what it cannot read', function()
    fresh_store()
    local reply = commit{set('a/x/1', 'one'), set('a/2', 'two'), {'m', '*', 'entry', '160000', string.rep('s', 20)}}
    local before = select(2, ask('100000', '100', reply[5]))
    redis.call('HDEL', keys.objects, id_of(framed('blob', 'one')))
    expect(select(2, ask('100000', '100', reply[5]))).equals(before - 1)
    redis.call('HSET', keys.objects, id_of(framed('blob', 'two')), 'large 3 2\0' .. string.rep('x', 40))
    expect(select(2, ask('100000', '100', reply[5]))).equals(before - 2)
    redis.call('HSET', keys.objects, tree_at('a/x'), 'tree 5\0' .. '40000 cut')
    expect(select(2, ask('100000', '100', reply[5]))).equals(before - 2)
    redis.call('HSET', keys.objects, tree_at('a/x'), 'blob 1\0x')
    expect(select(2, ask('100000', '100', reply[5]))).equals(before - 2)
    expect(select(2, ask('100000', '100', string.rep('m', 20)))).equals(0)
  end)

  it('goes no further at trees that are damaged', function()
    fresh_store()
    for _, damaged in ipairs({'tree 9', 'tree 3\0abc', 'tree 3\0a c', 'tree 9\0100644 a\0xy'}) do
      redis.call('HSET', keys.objects, ('q'):rep(20), damaged)
      local found, count = ask('1000', '10', ('q'):rep(20))
      expect(count).equals(1)
      expect(found[('q'):rep(20)]).equals(damaged)
    end
  end)
end)
