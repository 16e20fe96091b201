-- commit_spec.lua: what commit.lua answers, changes and refuses.
-- @include lib/spec.lua
describe('commit', function()
  it('makes the first commit of a branch', function()
    fresh_store()
    local reply = commit{set('a/b', 'hello')}
    expect(reply[1]).equals('committed')
    expect(reply[2]).equals(1)
    expect(reply[4]).equals('')
    expect(text_at('a/b')).equals('hello')
    local blob = id_of(framed('blob', 'hello'))
    local inner = framed('tree', '100644 b\0' .. blob)
    local root = framed('tree', '40000 a\0' .. id_of(inner))
    expect(reply[5]).equals(id_of(root))
    expect(redis.call('HGET', keys.objects, reply[3])).equals(framed('commit',
      'tree ' .. redis.sha1hex(root) .. '\nauthor ' .. person .. '\ncommitter ' .. person
      .. '\n\nmessage\n'))
    expect(redis.call('HGET', keys.refs, 'refs/heads/main')).equals(reply[3] .. reply[5])
  end)

  it('rebases on a head that has moved', function()
    fresh_store()
    local first = commit{set('a', '1')}
    commit{set('b', '2')}
    local third = commit{set('c', '3', '')}
    expect(third[1]).equals('committed')
    expect(text_at('a') .. text_at('b') .. text_at('c')).equals('123')
    expect(third[4]).differs_from(first[3])
  end)

  it('answers every expectation that failed and changes nothing', function()
    fresh_store()
    commit{set('a', '1'), set('d/x', '2')}
    local before = snapshot()
    local reply = commit{set('a', '9', ''), set('d/x', '9', '100644 ' .. raw(string.rep('00', 20))),
      set('n', '9', ''), remove('d/y', '100644 ' .. raw(string.rep('11', 20)))}
    expect(reply[1]).equals('conflict')
    local found = {}
    for at = 3, #reply, 4 do
      expect(reply[at]).equals(1)
      expect(reply[at + 2]).equals('expected')
      found[reply[at + 1]] = reply[at + 3]
    end
    expect(found['a']).equals('100644 ' .. id_of(framed('blob', '1')))
    expect(found['d/x']).equals('100644 ' .. id_of(framed('blob', '2')))
    expect(found['d/y']).equals('')
    expect(#reply).equals(14)
    expect(snapshot()).equals(before)
  end)

  it('tests before it finds that nothing changes', function()
    fresh_store()
    commit{set('a', '1')}
    expect(commit{set('a', '1', '')}[1]).equals('conflict')
  end)

  it('makes no commit when nothing changes', function()
    fresh_store()
    expect(commit{remove('a')}).equals({'unchanged', 0, ''})
    local head = commit{set('a', '1')}[3]
    local before = snapshot()
    expect(commit{set('a', '1')}).equals({'unchanged', 1, head})
    expect(commit{remove('b/c')}).equals({'unchanged', 1, head})
    expect(commit{remove('a/c')}).equals({'unchanged', 1, head})
    expect(commit{set('a', '1'), remove('b'), remove('c')}).equals({'unchanged', 1, head})
    expect(snapshot()).equals(before)
    expect(commit{flags = 'allow-empty'}[1]).equals('committed')
  end)

  it('replaces a blob by a directory and a directory by a blob', function()
    fresh_store()
    commit{set('a', '1'), set('a-b', '2'), set('a0', '3')}
    commit{set('a/x', '4')}
    expect(text_at('a/x')).equals('4')
    local tree = redis.call('HGET', keys.objects, commit{set('b', '5')}[5])
    -- In Git's order a directory `a` stands after `a-b`.
    local names = {}
    for name in string.gmatch(tree, '0 (a[%-0]?b?)') do names[#names + 1] = name end
    expect(commit{set('a', '6')}[1]).equals('committed')
    expect(text_at('a')).equals('6')
  end)

  it('keeps Git\'s order whatever the order of the edits', function()
    fresh_store()
    commit{set('a/x', '1'), set('a-b', '2'), set('a.b', '3'), set('a0', '4')}
    local one = commit{set('z', '1'), set('B', '1'), set('\195\169', '1'), set('a!', '1')}[5]
    local body = redis.call('HGET', keys.objects, one)
    local names, at = {}, string.find(body, '\0', 1, true) + 1
    while at <= #body do
      local zero = string.find(body, '\0', at, true)
      names[#names + 1] = string.match(string.sub(body, at, zero - 1), ' (.*)')
      at = zero + 21
    end
    expect(names).equals({'B', 'a!', 'a-b', 'a.b', 'a', 'a0', 'z', '\195\169'})
  end)

  it('prunes directories that become empty', function()
    fresh_store()
    commit{set('a/b/c', '1'), set('d', '2')}
    local reply = commit{remove('a/b/c')}
    expect(redis.call('HGET', keys.objects, reply[5])).equals(
      framed('tree', '100644 d\0' .. id_of(framed('blob', '2'))))
    local empty = commit{remove('d')}
    expect(redis.call('HGET', keys.objects, empty[5])).equals(framed('tree', ''))
    expect(commit{remove('')}[1]).equals('unchanged')
    commit{set('a/b', '1'), set('a/c', '1'), set('d', '2'), set('e', '3')}
    reply = commit{remove('a/b'), remove('a/c'), remove('e')}
    expect(redis.call('HGET', keys.objects, reply[5])).equals(
      framed('tree', '100644 d\0' .. id_of(framed('blob', '2'))))
    commit{set('e', '3')}
    expect(commit{remove('d'), remove('e')}[5]).equals(empty[5])
  end)

  it('finds an entry exactly, whatever the ids look like', function()
    fresh_store()
    -- An id that holds the bytes of an entry named `victim`.
    local fake = '100644 victim\0' .. string.rep('z', 6)
    redis.call('HSET', keys.objects, fake, framed('blob', 'fake'))
    commit{{'a', '*', 'entry', '100644', fake}}
    expect(text_at('victim')).equals(nil)
    expect(commit{remove('victim')}[1]).equals('unchanged')
    commit{set('victim', 'real', '')}
    expect(text_at('victim')).equals('real')
    expect(text_at('a')).equals('fake')
    commit{remove('a')}
    expect(text_at('victim')).equals('real')
  end)

  it('sets whole trees, also at the root', function()
    fresh_store()
    local blob = framed('blob', 'x')
    local tree = framed('tree', '100644 f\0' .. id_of(blob))
    commit{objects = {blob, tree}, {'d', '*', 'entry', '40000', id_of(tree)}}
    expect(text_at('d/f')).equals('x')
    local reply = commit{{'', '*', 'entry', '40000', id_of(tree)}}
    expect(reply[5]).equals(id_of(tree))
    expect(text_at('f')).equals('x')
  end)

  it('answers a repeated request with its first answer', function()
    fresh_store()
    local first = commit{token = 't1', set('a', '1')}
    commit{set('a', '2')}
    local before = snapshot()
    expect(commit{token = 't1', since = '0', set('a', '1')}).equals({'done', 1, first[3]})
    expect(snapshot()).equals(before)
  end)

  it('finds a first attempt that arrives after its repetition', function()
    fresh_store()
    local second = commit{token = 't1', since = '0', set('a', '1')}
    local before = snapshot()
    expect(commit{token = 't1', set('a', '1')}).equals({'done', 1, second[3]})
    expect(snapshot()).equals(before)
  end)

  it('makes nothing of an attempt that arrives after a repetition was refused', function()
    fresh_store()
    commit{set('a', 'off')}
    local off = '100644 ' .. id_of(framed('blob', 'off'))
    commit{set('a', 'on')}
    local late = {token = 't1', set('a', 'late', off)}
    expect(commit{token = 't1', since = '1', set('a', 'late', off)}[1]).equals('conflict')
    expect(commit(late)[1]).equals('conflict')
    commit{set('a', 'off')}
    local before = snapshot()
    expect(commit(late)).equals({'refused'})
    expect(snapshot()).equals(before)

    local head = redis.call('HGET', keys.refs, 'refs/heads/main'):sub(1, 20)
    local moved = {token = 't2', since = '2', head = raw(string.rep('00', 20)), set('a', 'late')}
    expect(commit(moved)[1]).equals('moved')
    expect(commit{token = 't2', head = head, set('a', 'late')}).equals({'refused'})
  end)

  it('makes nothing of an attempt that arrives after a repetition found nothing to do', function()
    fresh_store()
    local first = commit{set('a', '1')}
    expect(commit{token = 't1', since = '0', set('a', '1')}).equals({'unchanged', 1, first[3]})
    local second = commit{set('a', '2')}
    expect(commit{token = 't1', set('a', '1')}).equals({'unchanged', 2, second[3]})
    expect(text_at('a')).equals('2')
  end)

  it('keeps outcomes of repetitions in generations, too', function()
    fresh_store('1000', '3')
    commit{token = 'made', set('a', '1')}
    for n = 1, 3 do commit{token = 'none' .. n, since = '0', set('a', '1')} end
    expect(redis.call('HLEN', keys.tokens_a)).equals(3)
    expect(redis.call('HLEN', keys.tokens_b)).equals(1)
    for n = 4, 6 do commit{token = 'none' .. n, since = '1', set('a', '1')} end
    expect(commit{token = 'made', since = '0', set('a', '1')}).fails_with('EXPIRED')
  end)

  it('refuses a token that comes with another request', function()
    fresh_store()
    local first = commit{token = 't1', since = '0 aaaa', set('a', '1')}
    expect(commit{token = 't1', since = '0 aaaa', set('a', '1')}).equals({'done', 1, first[3]})
    expect(commit{token = 't1', since = '~0 aaaa', set('a', '1')}).equals({'done', 1, first[3]})
    expect(commit{token = 't1', since = '0 bbbb', set('b', '1')}).fails_with('REUSED')
    expect(commit{token = 't2', since = '1 cccc', set('a', '1')}[1]).equals('unchanged')
    expect(commit{token = 't2', since = '1 cccc', set('a', '2')}[1]).equals('unchanged')
    expect(commit{token = 't2', since = '1 dddd', set('a', '2')}).fails_with('REUSED')
  end)

  it('keeps nothing of an attempt that others follow', function()
    fresh_store()
    commit{set('a', '1')}
    expect(commit{token = 't1', since = '~0 aaaa', set('a', '2', '')}[1]).equals('conflict')
    expect(redis.call('HLEN', keys.tokens_a)).equals(0)
    expect(commit{token = 't1', since = '~0 aaaa', set('a', '2')}[1]).equals('committed')
  end)

  it('refuses a token that may have been forgotten', function()
    fresh_store('1000', '2')
    for n = 1, 6 do commit{token = 'token' .. n, set('a', tostring(n))} end
    expect(commit{token = 'token6', since = '0', set('a', '6')}[1]).equals('done')
    expect(commit{token = 'token1', since = '0', set('a', '1')}).fails_with('EXPIRED')
    expect(commit{token = 'token1', since = '+0', set('a', '1')}).fails_with('EXPIRED')
    expect(commit{token = 'token6', since = '+0', set('a', '6')}[1]).equals('done')
    expect(commit{token = 'fresh', since = '5', set('a', '9')}[1]).equals('committed')
  end)

  it('takes an entry for what it is whose mode has a zero in front', function()
    fresh_store()
    local blob = framed('blob', 'x')
    local inner = framed('tree', '100644 f\0' .. id_of(blob))
    local outer = framed('tree', '040000 d\0' .. id_of(inner))
    put_objects(id_of(blob), blob, id_of(inner), inner, id_of(outer), outer)
    commit{{'', '*', 'entry', '40000', id_of(outer)}}
    expect(commit{set('d', 'y', '40000 ' .. id_of(inner))}[1]).equals('committed')
  end)

  it('takes given parents and refuses ones that are no commits', function()
    fresh_store()
    local first = commit{set('a', '1')}[3]
    local second = commit{set('a', '2')}[3]
    local merge = commit{parents = second .. first, set('a', '3')}
    local text = redis.call('HGET', keys.objects, merge[3])
    local parents = {}
    for hex in string.gmatch(text, '\nparent (%x+)') do parents[#parents + 1] = raw(hex) end
    expect(parents).equals({second, first})
    expect(commit{parents = id_of(framed('blob', '1')), set('a', '4')}).fails_with('NOTCOMMIT')
    expect(commit{parents = string.rep('\1', 20), set('a', '4')}).fails_with('MISSING')
  end)

  it('applies edits one after another: what is put below a blob and taken again leaves neither', function()
    for _, fresh in ipairs({fresh_store, fresh_wide_store}) do
      redis.call('FLUSHALL')
      fresh()
      commit{set('a', '1'), set('b', '1'), set('c', '1'), set('d', '1')}
      commit{set('a/x', '2'), remove('a/x'), remove('b/x'),
        {'c/x/y', '*', 'increment', '', '1'}, remove('c/x/y'), set('e', '1')}
      expect(text_at('a')).equals(nil)
      expect(text_at('b')).equals('1')
      expect(text_at('c')).equals(nil)
      expect(commit{set('d/x', '2'), remove('d/x')}[1]).equals('committed')
      expect(text_at('d')).equals(nil)
    end
  end)

  it('puts the head before other parents, whatever it is by then', function()
    fresh_store()
    local other = commit{ref = 'refs/heads/other', set('x', '1')}[3]
    -- A branch that is not there has no head to put before them.
    local first = commit{parents = '*' .. other, set('a', '1')}[3]
    local merge = commit{parents = '*' .. other, set('a', '2')}[3]
    local function parents_of(id)
      local parents = {}
      for hex in string.gmatch(redis.call('HGET', keys.objects, id), '\nparent (%x+)') do
        parents[#parents + 1] = raw(hex)
      end
      return parents
    end
    expect(parents_of(first)).equals({other})
    expect(parents_of(merge)).equals({first, other})
    expect(commit{parents = '*' .. string.rep('*', 20), set('a', '3')}).fails_with('MISSING')
    expect(commit{parents = string.rep('*', 20), set('a', '3')}).fails_with('MISSING')
  end)

  it('commits on exactly the head that was given', function()
    fresh_store()
    local first = commit{head = '', set('a', '1')}
    expect(commit{head = '', set('a', '2')}).equals({'moved', first[3]})
    expect(commit{head = first[3], set('a', '2')}[1]).equals('committed')
    expect(commit{head = first[3], set('a', '3')}[1]).equals('moved')
  end)

  it('refuses bad paths, contradictions and wrong entries, and changes nothing', function()
    fresh_store()
    commit{set('a', '1'), set('d/x', '1')}
    local before = snapshot()
    for _, path in ipairs({'/a', 'a/', 'a//b', '.', 'a/..', '.git', 'x/.GIT', 'n\0n', 'g/', 'Git/', '.g\0'}) do
      expect(commit{set(path, '1')}).fails_with('BADPATH')
    end
    expect(commit{set('d', '1'), set('d/y', '1')}).fails_with('BADEDIT')
    expect(commit{set('', '1')}).fails_with('BADEDIT')
    expect(commit{{'d', '*', 'paint', '1', '2'}}).fails_with('BADEDIT')
    expect(commit{{'d', '', '', '', ''}, {'d', '*', 'remove'}}[1]).equals('conflict')
    local blob = id_of(framed('blob', '1'))
    expect(commit{{'n', '*', 'entry', '40000', blob}}).fails_with('BADENTRY')
    expect(commit{{'n', '*', 'entry', '100644', string.rep('\7', 20)}}).fails_with('MISSING')
    expect(commit{ref = 'refs/heads/main/sub', set('a', '1')}).fails_with('REFCLASH')
    expect(commit{ref = 'refs/heads', set('a', '1')}).fails_with('REFCLASH')
    expect(snapshot()).equals(before)
  end)

  it('names a missing object and changes nothing', function()
    fresh_store()
    local reply = commit{set('d/x', '1')}
    local inner = id_of(framed('tree', '100644 x\0' .. id_of(framed('blob', '1'))))
    redis.call('HDEL', keys.objects, inner)
    local before = snapshot()
    expect(commit{set('d/y', '1')}).fails_with('MISSING')
    expect(snapshot()).equals(before)
  end)

  it('refuses a store that is gone, foreign or of another hash', function()
    expect(commit{set('a', '1')}).fails_with('NOSTORE')
    scripts.create('9', 'sha1', 'refs/heads/main', '1000', '1000', 'id', 'git')
    expect(commit{set('a', '1')}).fails_with('FORMAT')
    redis.call('HSET', keys.meta, 'format', '1', 'hash', 'sha256')
    expect(commit{set('a', '1')}).equals({err = 'HASH sha256'})
    redis.call('DEL', keys.meta)
    redis.call('SET', keys.meta, 'x')
    expect(commit{set('a', '1')}).fails_with('WRONGTYPE')
  end)

  it('appends to the log at consecutive positions', function()
    fresh_store()
    local first = commit{set('a', '1')}
    local second = commit{ref = 'refs/heads/other', set('a', '1')}
    local log = scripts.read_log('after', '0', '10')
    expect({log[1], log[2], log[4], log[5], log[6], log[7]}).equals(
      {2, 1, 1, 'refs/heads/main', '', first[3]})
    expect({log[9], log[10], log[11], log[12]}).equals({2, 'refs/heads/other', '', second[3]})
  end)

  it('keeps a token, an edit and an object that many requests repeat just once', function()
    fresh_store()
    local edits = {}
    for n = 1, 300 do edits[n] = set('d' .. n % 10 .. '/' .. n, tostring(n)) end
    expect(commit(edits)[1]).equals('committed')
    for n = 1, 300 do expect(text_at('d' .. n % 10 .. '/' .. n)).equals(tostring(n)) end
    -- 300 blobs, 10 directories, the root, the commit.
    expect(redis.call('HLEN', keys.objects)).equals(312)
  end)

  it('refuses edits out of order and edits inside what is set as a whole', function()
    fresh_store()
    commit{set('d/x', '1')}
    local before = snapshot()
    expect(commit{unsorted = true, set('a/1', 'x'), set('b', 'x'), set('a/2', 'x')})
      .fails_with('BADEDIT')
    expect(commit{set('d', '1'), set('d/y', '1')}).fails_with('BADEDIT')
    expect(commit{remove('d'), remove('d/x')}).fails_with('BADEDIT')
    expect(commit{unsorted = true, set('a', 'x'), set('a/', 'x')}).fails_with('BADPATH')
    expect(commit{branches = {{set('a', '1')}, {head = '', set('b', '1')}}}).fails_with('BADEDIT')
    expect(snapshot()).equals(before)
    -- What only looks is no contradiction.
    expect(commit{{'d', '*', 'remove'}, {'d/x', '100644 ' .. id_of(framed('blob', '1'))}}[1])
      .equals('committed')
    expect(text_at('d/x')).equals(nil)
    expect(commit{set('e', '1'), {'e/x', ''}}[1]).equals('committed')
    expect(text_at('e')).equals('1')
  end)

  it('applies several edits of one path in their order', function()
    fresh_store()
    commit{set('a', '1'), set('a', '2'), {'n', '*', 'increment', '', '5'},
      {'n', '*', 'increment', '', '-7'}, remove('z'), set('z', '3')}
    expect(text_at('a')).equals('2')
    expect(text_at('n')).equals('-2\n')
    expect(text_at('z')).equals('3')
    expect(commit{set('a', '9'), remove('a'), set('b', '1')}[1]).equals('committed')
    expect(text_at('a')).equals(nil)
  end)

  it('tests what kind of thing is at a path', function()
    fresh_store()
    commit{set('d/x', '1'), {'sub', '*', 'entry', '160000', string.rep('s', 20)}}
    local before = snapshot()
    for _, case in ipairs({{'d', 'tree'}, {'d/x', 'blob'}, {'sub', 'commit'}}) do
      local path, kind = case[1], case[2]
      for _, other in ipairs({'tree', 'blob', 'commit'}) do
        local reply = commit{set('new', '1'), {path, 'kind ' .. other}, head = 'x'}
        expect(reply[1]).equals('moved')
        reply = commit{{path, 'kind ' .. other}}
        expect(reply[1]).equals(other == kind and 'unchanged' or 'conflict')
      end
    end
    expect(commit{{'none', 'kind blob'}}[1]).equals('conflict')
    expect(commit{{'', 'kind tree'}}[1]).equals('unchanged')
    expect(snapshot()).equals(before)
  end)

  it('tests that nothing but a directory is at a path', function()
    fresh_store()
    commit{set('d/x', '1'), set('v', '2'), {'sub', '*', 'entry', '160000', string.rep('s', 20)}}
    local before = snapshot()
    for _, path in ipairs({'v', 'd/x', 'sub'}) do
      local reply = commit{{path, 'folder'}, set('z', '1')}
      expect(reply[1]).equals('conflict')
      expect(reply[4]).equals(path)
      expect(reply[5]).equals('kind')
    end
    expect(snapshot()).equals(before)
    expect(commit{{'', 'folder'}}[1]).equals('unchanged')
    expect(commit{{'d', 'folder'}, set('d/y', '1')}[1]).equals('committed')
    expect(commit{{'new', 'folder'}, set('new/y', '1')}[1]).equals('committed')
  end)

  it('tests which names a directory has', function()
    fresh_store()
    local root = commit{set('d/x', '1'), set('d/y', '2'), set('e', '3')}[5]
    local d = string.sub(redis.call('HGET', keys.objects, root), -20 - #'100644 e\0' - 20, -1 - 20 - #'100644 e\0')
    local names = 'names ' .. d .. redis.sha1hex('100644 x\0' .. '100644 y\0')
    expect(commit{{'d', names}}[1]).equals('unchanged')
    commit{set('d/x', 'other')}
    -- Another tree, the same names.
    expect(commit{{'d', names}}[1]).equals('unchanged')
    commit{{'d/x', '*', 'entry', '100755', id_of(framed('blob', 'other'))}}
    expect(commit{{'d', names}}[1]).equals('conflict')
    commit{set('d/x', '1'), set('d/z', '1')}
    expect(commit{{'d', names}}[1]).equals('conflict')
    commit{set('d', 'blob')}
    expect(commit{{'d', names}}[1]).equals('conflict')
    commit{remove('d')}
    expect(commit{{'d', names}}[1]).equals('conflict')
  end)

  it('tests the names of directories with old modes, and says which are cut off', function()
    fresh_store()
    local blob, inner = framed('blob', 'x'), framed('tree', '')
    local old = framed('tree', '100644 a\0' .. id_of(blob) .. '040000 d\0' .. id_of(inner))
    local cuts = {}
    put_objects(id_of(blob), blob, id_of(inner), inner, id_of(old), old)
    for number, cut in ipairs(cut_entries) do
      local bytes = framed('tree', '100644 a\0' .. id_of(blob) .. cut)
      put_objects(id_of(bytes), bytes)
      cuts[number] = {'cut' .. number, '*', 'entry', '40000', id_of(bytes)}
    end
    commit{{'old', '*', 'entry', '40000', id_of(old)}, unpack(cuts)}
    local before = snapshot()
    local other = 'names ' .. string.rep('o', 20)
    -- The mode is taken for what Git writes now.
    expect(commit{{'old', other .. redis.sha1hex('100644 a\0' .. '40000 d\0')}}[1]).equals('unchanged')
    expect(commit{{'old', other .. redis.sha1hex('100644 a\0' .. '040000 d\0')}}[1]).equals('conflict')
    for number = 1, #cuts do
      expect(commit{{'cut' .. number, other .. redis.sha1hex('100644 a\0')}}).fails_with('BADTREE')
    end
    expect(snapshot()).equals(before)
  end)

  it('adds to counters of 64 bits', function()
    fresh_store()
    local function add(amount) return commit{{'n', '*', 'increment', '', amount}} end
    for _, case in ipairs({{'5', '5'}, {'-7', '-2'}, {'2', '0'}, {'9007199254740991', '9007199254740991'},
      {'2', '9007199254740993'}, {'9214364837600034814', '9223372036854775807'},
      {'-9223372036854775807', '0'}, {'-9223372036854775808', '-9223372036854775808'},
      {'9223372036854775807', '-1'}, {'1000000000', '999999999'}, {'-999999999', '0'},
      {'-1999999999', '-1999999999'}, {'1000000000', '-999999999'}, {'999999999', '0'},
      {'1234567890123456789', '1234567890123456789'}, {'-1234567890000000000', '123456789'}}) do
      local reply = add(case[1])
      expect(text_at('n')).equals(case[2] .. '\n')
    end
    -- From one half of the digits into the other.
    for _, case in ipairs({{'9000000000999999999', '1', '9000000001000000000'},
      {'-9000000000999999999', '-1', '-9000000001000000000'},
      {'9000000001000000000', '-1', '9000000000999999999'},
      {'-9000000001000000000', '1', '-9000000000999999999'}}) do
      commit{set('n', case[1] .. '\n')}
      add(case[2])
      expect(text_at('n')).equals(case[3] .. '\n')
    end
    expect(add('0')[1]).equals('unchanged')
    commit{set('n', '9223372036854775807\n')}
    local before = snapshot()
    local reply = add('1')
    expect({reply[1], reply[3], reply[4], reply[5]}).equals({'conflict', 1, 'n', 'overflow'})
    expect(snapshot()).equals(before)
    commit{set('n', '-9223372036854775808')}
    expect(add('-1')[5]).equals('overflow')
    expect(add('1')[1]).equals('committed')
    expect(text_at('n')).equals('-9223372036854775807\n')
    for _, text in ipairs({'', 'x', '1 ', '01', '-0', '+1', '1\n\n', '1.0', '9223372036854775808',
      '-9223372036854775809', '99999999999999999999', '1e3', ' 1'}) do
      commit{set('n', text)}
      expect(add('-1')[5]).equals('kind')
      expect(text_at('n')).equals(text)
    end
  end)

  it('keeps a set of lines sorted, each once', function()
    fresh_store()
    local function change(action, line) return commit{{'s', '*', action, '', line}} end
    for _, line in ipairs({'m', 'a', 'z', 'b', '\195\169', 'm', 'ab', 'A'}) do change('insert', line) end
    expect(text_at('s')).equals('A\na\nab\nb\nm\nz\n\195\169\n')
    expect(change('insert', 'ab')[1]).equals('unchanged')
    expect(change('discard', 'none')[1]).equals('unchanged')
    change('discard', 'A')
    change('discard', 'b')
    change('discard', '\195\169')
    expect(text_at('s')).equals('a\nab\nm\nz\n')
    for _, line in ipairs({'a', 'ab', 'm', 'z'}) do change('discard', line) end
    expect(text_at('s')).equals('')
    expect(commit{{'none', '*', 'discard', '', 'a'}}[1]).equals('unchanged')
    for _, text in ipairs({'x', '\na\n', 'a\n\nb\n', 'a\0b\n', 'b\nz\na\n'}) do
      commit{set('s', text)}
      expect(change('insert', 'a')[5]).equals('kind')
      expect(change('discard', 'a')[5]).equals('kind')
      expect(text_at('s')).equals(text)
    end
  end)

  it('appends lines to a log', function()
    fresh_store()
    local function append(line) return commit{{'l', '*', 'append', '', line}} end
    for _, line in ipairs({'one', 'two', 'one'}) do append(line) end
    expect(text_at('l')).equals('one\ntwo\none\n')
    commit{set('l', 'not ended')}
    expect(append('x')[5]).equals('kind')
  end)

  it('lets the later write of a register win, and the greater one of the same time', function()
    fresh_store()
    local function assign(time, value)
      return commit{{'r', '*', 'assign', '', time .. '\n' .. value}}[1]
    end
    expect(assign('100', 'b')).equals('committed')
    expect(assign('99', 'z')).equals('unchanged')
    expect(assign('100', 'a')).equals('unchanged')
    expect(assign('100', 'b')).equals('unchanged')
    expect(assign('100', 'c')).equals('committed')
    expect(assign('1000', 'a\n\0\n')).equals('committed')
    expect(text_at('r')).equals('1000\na\n\0\n')
    for _, text in ipairs({'x', '1', '\n', '-1\nx', '1234567890123456\nx'}) do
      commit{set('r', text)}
      expect(assign('2000', 'y')).equals('conflict')
    end
  end)

  it('stamps a register with a time after the one that was there', function()
    fresh_store()
    local function stamp(time, value) return commit{{'r', '*', 'stamp', '', time .. '\n' .. value}} end
    stamp('100', 'a\n\0')
    expect(text_at('r')).equals('100\na\n\0')
    stamp('99', 'b')
    expect(text_at('r')).equals('101\nb')
    stamp('101', 'a')
    expect(text_at('r')).equals('102\na')
    stamp('200', '')
    expect(text_at('r')).equals('200\n')
    for _, text in ipairs({'x', '1', '\n', '-1\nx', '1234567890123456\nx'}) do
      commit{set('r', text)}
      expect(stamp('2000', 'y')[5]).equals('kind')
    end
    commit{set('r', '999999999999999\nx')}
    expect(stamp('2000', 'y')[5]).equals('overflow')
  end)

  it('marks a tally anew with each change', function()
    fresh_store()
    local function tally(amount, digits)
      return commit{{'n', '*', 'tally', '', amount .. ' ' .. digits}}
    end
    tally('5', '0123456789abcdef')
    expect(text_at('n')).equals('5 0123456789abcdef\n')
    tally('-7', 'aaaaaaaaaaaaaaaa')
    expect(text_at('n')).equals('-2 aaaaaaaaaaaaaaaa\n')
    for _, text in ipairs({'9', '9\n'}) do
      commit{set('n', text)}
      tally('1', 'bbbbbbbbbbbbbbbb')
      expect(text_at('n')).equals('10 bbbbbbbbbbbbbbbb\n')
    end
    for _, text in ipairs({'', 'x', '1 2\n', '1 bbbbbbbbbbbbbbbb', '1 bbbbbbbbbbbbbbbg\n',
      '01 bbbbbbbbbbbbbbbb\n', '\n'}) do
      commit{set('n', text)}
      expect(tally('1', 'cccccccccccccccc')[5]).equals('kind')
      expect(text_at('n')).equals(text)
    end
    commit{set('n', '9223372036854775807 bbbbbbbbbbbbbbbb\n')}
    expect(tally('1', 'cccccccccccccccc')[5]).equals('overflow')
  end)

  it('extends a chunk up to its limit', function()
    fresh_store()
    local function extend(lines) return commit{{'c', '*', 'extend', '', '6\n' .. lines}} end
    extend('one\n')
    extend('two\nthree\n')
    expect(text_at('c')).equals('one\ntwo\nthree\n')
    expect(extend('x\n')[5]).equals('full')
    expect(text_at('c')).equals('one\ntwo\nthree\n')
    commit{set('c', 'x')}
    expect(extend('x\n')[5]).equals('kind')
  end)

  it('shifts lines from a chunk, which is gone with the last one', function()
    fresh_store()
    local function shift(count) return commit{{'d/c', '*', 'shift', '', count}} end
    expect(shift('1')[5]).equals('empty')
    commit{set('d/c', 'a\nb\nc\nd\n'), set('x', '1')}
    shift('1')
    expect(text_at('d/c')).equals('b\nc\nd\n')
    shift('2')
    expect(text_at('d/c')).equals('d\n')
    shift('1')
    expect(#find('ref', 'refs/heads/main', 'entry', 'd')).equals(1)
    expect(shift('1')[5]).equals('empty')
    commit{set('d/c', 'a\nb\n')}
    expect(shift('3')[1]).equals('committed')
    expect(shift('3')[5]).equals('empty')
    commit{set('d/c', '')}
    expect(shift('3')[5]).equals('empty')
    commit{set('d/c', 'x')}
    expect(shift('3')[5]).equals('kind')
  end)

  it('keeps the mode of a value, and takes nothing but a blob for one', function()
    fresh_store()
    commit{{'n', '*', 'blob', '100755', framed('blob', '1\n')}, set('d/x', '1'),
      {'sub', '*', 'entry', '160000', string.rep('s', 20)}}
    commit{{'n', '*', 'increment', '', '1'}}
    local entry = find('ref', 'refs/heads/main', 'entry', 'n')
    expect(entry[2]).equals('100755')
    local reply = commit{{'d', '*', 'increment', '', '1'}, {'n', '*', 'append', '', 'x'},
      {'sub', '*', 'insert', '', 'x'}, set('ok', '1')}
    expect({reply[1], reply[4], reply[5], reply[8], reply[9]})
      .equals({'conflict', 'd', 'kind', 'sub', 'kind'})
    expect(#reply).equals(10)
    expect(commit{{'', '*', 'increment', '', '1'}}).fails_with('BADEDIT')
  end)

  it('leaves to the client what would hold up the server', function()
    fresh_store()
    commit{set('l', string.rep('x', 70) .. '\n'), set('big', string.rep(string.rep('x', 70) .. '\n', 4000))}
    local before = snapshot()
    expect(commit{{'big', '*', 'append', '', 'x'}}).fails_with('TOOLARGE')
    expect(snapshot()).equals(before)
    local entries, blob = {}, id_of(framed('blob', string.rep('x', 70) .. '\n'))
    for n = 1, 40000 do entries[n] = string.format('100644 f%05d\0', n) .. blob end
    local tree = framed('tree', table.concat(entries))
    commit{objects = {tree}, {'wide', '*', 'entry', '40000', id_of(tree)}}
    expect(commit{set('wide/f00007', 'x')}).fails_with('TOOLARGE')
    expect(commit{set('narrow/f', 'x')}[1]).equals('committed')
  end)

  it('commits on several branches at once, all or none', function()
    fresh_store()
    local reply = commit{token = 'both', branches = {{ref = 'refs/heads/a', set('x', '1')},
      {ref = 'refs/heads/b', set('y', '2')}, {ref = 'refs/heads/c', remove('z')}}}
    expect({reply[1], reply[2], reply[5] == reply[8]}).equals({'committed', 2, false})
    expect({reply[9], reply[10], reply[11]}).equals({'', '', ''})
    expect(text_at('x', 'refs/heads/a') .. text_at('y', 'refs/heads/b')).equals('12')
    local log = scripts.read_log('after', '0', '10')
    expect({log[5], log[10]}).equals({'refs/heads/a', 'refs/heads/b'})
    local done = commit{token = 'both', since = '0', branches = {{ref = 'refs/heads/a', set('x', '1')},
      {ref = 'refs/heads/b', set('y', '2')}, {ref = 'refs/heads/c', remove('z')}}}
    expect(done).equals({'done', 2, reply[3], reply[6], ''})
    local before = snapshot()
    local conflict = commit{branches = {{ref = 'refs/heads/a', set('x', '9', '')},
      {ref = 'refs/heads/b', set('z', '9')}}}
    expect({conflict[1], conflict[2], conflict[3], conflict[4], conflict[5], conflict[6]})
      .equals({'conflict', reply[3], reply[6], 1, 'x', 'expected'})
    expect(commit{branches = {{ref = 'refs/heads/a', set('x', '9')},
      {ref = 'refs/heads/b', head = '', set('z', '9')}}}).equals({'moved', reply[3], reply[6]})
    expect(commit{branches = {{ref = 'refs/heads/a', set('x', '1')},
      {ref = 'refs/heads/b', set('y', '2')}}}).equals({'unchanged', 2, reply[3], reply[6]})
    expect(commit{branches = {{ref = 'refs/heads/n', set('x', '1')},
      {ref = 'refs/heads/n/m', set('y', '2')}}}).fails_with('REFCLASH')
    expect(commit{branches = {{ref = 'refs/heads/n/m', set('x', '1')},
      {ref = 'refs/heads/n', set('y', '2')}}}).fails_with('REFCLASH')
    expect(snapshot()).equals(before)
  end)

  it('makes some commits in a row on a branch', function()
    fresh_store()
    local first = commit{set('a', '1'), set('d/x', '1')}
    local reply = commit{token = 'row', branches = {{head = first[3], message = 'one\n', set('a', '2')},
      {message = 'none\n', set('a', '2')},
      {message = 'two\n', set('d/y', '2'), set('a', '3', '100644 ' .. id_of(framed('blob', '2')))},
      {ref = 'refs/heads/b', set('b', '1')}, {message = 'three\n', remove('d')}}}
    expect(reply[1]).equals('committed')
    expect(reply[2]).equals(5)
    expect(reply[4]).equals(first[3])
    expect(reply[6]).equals('')
    expect(reply[7]).equals(reply[3])
    expect(reply[10]).equals(reply[3])
    expect(reply[16]).equals(reply[9])
    for _, at in ipairs({3, 9, 15}) do
      local parent = reply[at + 1]
      local hex = string.gsub(parent, '.', function(c) return string.format('%02x', string.byte(c)) end)
      expect(redis.call('HGET', keys.objects, reply[at])).contains('\nparent ' .. hex .. '\n')
    end
    expect(redis.call('HGET', keys.refs, 'refs/heads/main')).equals(reply[15] .. reply[17])
    expect(text_at('a')).equals('3')
    expect(text_at('d/y')).equals(nil)
    expect(text_at('b', 'refs/heads/b')).equals('1')
    expect(#redis.call('XRANGE', keys.log, '-', '+')).equals(5)
    -- A later attempt is answered the same, and one on a branch that is not there goes on from what comes first.
    local before = snapshot()
    expect(commit{token = 'row', since = '0', branches = {{head = first[3], message = 'one\n', set('a', '2')},
      {message = 'none\n', set('a', '2')},
      {message = 'two\n', set('d/y', '2'), set('a', '3', '100644 ' .. id_of(framed('blob', '2')))},
      {ref = 'refs/heads/b', set('b', '1')}, {message = 'three\n', remove('d')}}})
      .equals({'done', 5, reply[3], '', reply[9], reply[12], reply[15]})
    -- All of them or none.
    local conflict = commit{branches = {{set('a', '9')}, {set('a', '8', '100644 ' .. id_of(framed('blob', '7')))}}}
    expect(conflict[1]).equals('conflict')
    expect(conflict[4]).equals(2)
    expect(conflict[7]).equals('100644 ' .. id_of(framed('blob', '9')))
    expect(snapshot()).equals(before)
    local new = commit{branches = {{ref = 'refs/heads/n/m', head = '', remove('x')},
      {ref = 'refs/heads/n/m', set('x', '1')}, {ref = 'refs/heads/n/m', set('y', '1')}}}
    expect(new[3]).equals('')
    expect(new[7]).equals('')
    expect(new[10]).equals(new[6])
    expect(text_at('x', 'refs/heads/n/m')).equals('1')
    expect(commit{ref = 'refs/heads/n', set('x', '1')}).fails_with('REFCLASH')
  end)

  it('turns the generations of tokens by number and by age', function()
    fresh_store('1000', '3')
    for n = 1, 4 do commit{token = 'token' .. n, set('a', tostring(n))} end
    expect(redis.call('HLEN', keys.tokens_a)).equals(3)
    expect(redis.call('HLEN', keys.tokens_b)).equals(1)
    forget_store()
    fresh_store('1000', '1000000')
    redis.call('HSET', keys.meta, 'turned', '0', 'position', '4095')
    commit{token = 'last', set('a', 'x')}
    expect(redis.call('HEXISTS', keys.tokens_a, 'last')).equals(1)
    commit{token = 'next', set('a', 'y')}
    expect(redis.call('HEXISTS', keys.tokens_b, 'next')).equals(1)
    expect(tonumber(redis.call('HGET', keys.meta, 'turned')) > 0).equals(true)
  end)

  it('says in the log whether a branch has lost what it had', function()
    fresh_store()
    local function is_lost()
      local fields = redis.call('XREVRANGE', keys.log, '+', '-', 'COUNT', 1)[1][2]
      return fields[9] == 'lost'
    end
    local first = commit{parents = '', set('a', '1')}[3]
    expect(is_lost()).equals(false)
    local second = commit{set('a', '2')}[3]
    expect(is_lost()).equals(false)
    commit{parents = first .. second, set('a', '3')}
    expect(is_lost()).equals(false)
    commit{parents = first, set('a', '4')}
    expect(is_lost()).equals(true)
    commit{parents = '', set('a', '5')}
    expect(is_lost()).equals(true)
  end)

  it('names the tree in the commit, also where it is not the newest object', function()
    fresh_store()
    local root = commit{set('a', '1')}[5]
    commit{set('a', '2')}
    local reply = commit{objects = {framed('blob', 'unused')}, {'', '*', 'entry', '40000', root}}
    expect(reply[5]).equals(root)
    local hex = string.gsub(root, '.', function(c) return string.format('%02x', string.byte(c)) end)
    expect(redis.call('HGET', keys.objects, reply[3])).contains('tree ' .. hex .. '\nparent ')
  end)

  it('lets an attempt be made that follows one which others were to follow', function()
    fresh_store()
    commit{set('a', '1')}
    expect(commit{token = 't1', since = '~1', head = 'x', set('a', '2')}[1]).equals('moved')
    expect(commit{token = 't1', since = '~1', set('a', '2')}[1]).equals('committed')
    expect(commit{token = 't2', since = '~2', remove('none')}[1]).equals('unchanged')
    expect(commit{token = 't2', since = '~2', set('a', '3')}[1]).equals('committed')
  end)

  it('stores more objects than one HSET takes', function()
    fresh_store()
    local objects = {}
    for n = 1, 2100 do objects[n] = framed('blob', tostring(n)) end
    expect(commit{objects = objects, set('a', '1')}[1]).equals('committed')
    for n = 1, 2100 do
      if redis.call('HEXISTS', keys.objects, id_of(objects[n])) == 0 then error('lost object ' .. n) end
    end
  end)

  it('keeps author and committer apart', function()
    fresh_store()
    local other = 'C Omitter <c@example.org> 1700000001 +0100'
    local head = commit{committer = other, set('a', '1')}[3]
    expect(redis.call('HGET', keys.objects, head))
      .contains('\nauthor ' .. person .. '\ncommitter ' .. other .. '\n\n')
  end)

  it('answers every head when one of several has moved', function()
    fresh_store()
    local head = commit{set('a', '1')}[3]
    local reply = commit{branches = {{ref = 'refs/heads/main', head = '', set('a', '2')},
      {ref = 'refs/heads/b', set('b', '1')}}}
    expect(reply).equals({'moved', head, ''})
    -- On its first attempt a request leaves nothing behind, whether it says that it is that or not.
    expect(commit{token = 't', since = '+1', head = '', set('a', '2')}[1]).equals('moved')
    expect(redis.call('EXISTS', keys.tokens_a)).equals(0)
  end)

  it('refuses a path for any of its steps', function()
    fresh_store()
    expect(commit{set('a/../b', '1')}).fails_with('BADPATH')
    expect(commit{set('.git/a', '1')}).fails_with('BADPATH')
  end)

  it('refuses to go on from a tree that is cut off', function()
    for _, damage in ipairs(cut_entries) do
      forget_store()
      fresh_store()
      local bytes = framed('tree', damage)
      put_objects(id_of(bytes), bytes)
      commit{{'d', '*', 'entry', '40000', id_of(bytes)}}
      local before = snapshot()
      expect(commit{set('d/x', '1')}).fails_with('BADTREE')
      expect(commit{set('d/x', '1'), set('d/y', '1')}).fails_with('BADTREE')
      expect(commit{{'d', '*', 'insert', '', 'x'}}[1]).equals('conflict')
      expect(snapshot()).equals(before)
    end
  end)

  it('takes entries for objects that it brings, and for large ones', function()
    fresh_store()
    local one, two, large = framed('blob', '1'), framed('blob', '2'), framed('blob', string.rep('x', 1048577))
    put_objects(id_of(large), large)
    expect(commit{objects = {one, two}, {'a', '*', 'entry', '100644', id_of(one)},
      {'b', '*', 'entry', '100644', id_of(two)}, {'c', '*', 'entry', '100644', id_of(large)}}[1])
      .equals('committed')
    expect(text_at('a') .. text_at('b') .. #text_at('c')).equals('121048577')
  end)
end)

describe('a value whose header has no end', function()
  it('is not changed', function()
    fresh_store()
    redis.call('HSET', keys.objects, ('q'):rep(20), 'blob 9')
    commit{{'n', '*', 'entry', '100644', ('q'):rep(20)}}
    local before = snapshot()
    expect(commit{{'n', '*', 'increment', '', '1'}}).fails_with('BADENTRY')
    expect(snapshot()).equals(before)
  end)
end)
