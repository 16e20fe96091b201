-- commit_spec.lua: what commit.lua answers, changes and refuses.
-- @include lib/spec.lua
describe('commit', function()
  it('makes the first commit of a branch', function()
    fresh_store()
    local reply = commit{set('a/b', 'hello')}
    expect(reply[1]).equals('committed')
    expect(reply[3]).equals(1)
    expect(reply[4]).equals('')
    expect(text_at('a/b')).equals('hello')
    local blob = id_of(framed('blob', 'hello'))
    local inner = framed('tree', '100644 b\0' .. blob)
    local root = framed('tree', '40000 a\0' .. id_of(inner))
    expect(reply[5]).equals(id_of(root))
    expect(redis.call('HGET', keys.objects, reply[2])).equals(framed('commit',
      'tree ' .. redis.sha1hex(root) .. '\nauthor ' .. person .. '\ncommitter ' .. person
      .. '\n\nmessage\n'))
    expect(redis.call('HGET', keys.refs, 'refs/heads/main')).equals(reply[2] .. reply[5])
  end)

  it('rebases on a head that has moved', function()
    fresh_store()
    local first = commit{set('a', '1')}
    commit{set('b', '2')}
    local third = commit{set('c', '3', '')}
    expect(third[1]).equals('committed')
    expect(text_at('a') .. text_at('b') .. text_at('c')).equals('123')
    expect(third[4]).differs_from(first[2])
  end)

  it('answers every expectation that failed and changes nothing', function()
    fresh_store()
    commit{set('a', '1'), set('d/x', '2')}
    local before = snapshot()
    local reply = commit{set('a', '9', ''), set('d/x', '9', '100644 ' .. raw(string.rep('00', 20))),
      set('n', '9', ''), remove('d/y', '100644 ' .. raw(string.rep('11', 20)))}
    expect(reply[1]).equals('conflict')
    local found = {}
    for at = 3, #reply, 2 do found[reply[at]] = reply[at + 1] end
    expect(found['a']).equals('100644 ' .. id_of(framed('blob', '1')))
    expect(found['d/x']).equals('100644 ' .. id_of(framed('blob', '2')))
    expect(found['d/y']).equals('')
    expect(#reply).equals(8)
    expect(snapshot()).equals(before)
  end)

  it('tests before it finds that nothing changes', function()
    fresh_store()
    commit{set('a', '1')}
    expect(commit{set('a', '1', '')}[1]).equals('conflict')
  end)

  it('makes no commit when nothing changes', function()
    fresh_store()
    expect(commit{remove('a')}).equals({'unchanged', '', 0})
    local head = commit{set('a', '1')}[2]
    local before = snapshot()
    expect(commit{set('a', '1')}).equals({'unchanged', head, 1})
    expect(commit{remove('b/c')}).equals({'unchanged', head, 1})
    expect(commit{remove('a/c')}).equals({'unchanged', head, 1})
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
    expect(commit{token = 't1', since = '0', set('a', '1')}).equals({'done', first[2], 1})
    expect(snapshot()).equals(before)
  end)

  it('refuses a token that may have been forgotten', function()
    fresh_store('1000', '2')
    for n = 1, 6 do commit{token = 'token' .. n, set('a', tostring(n))} end
    expect(commit{token = 'token6', since = '0', set('a', '6')}[1]).equals('done')
    expect(commit{token = 'token1', since = '0', set('a', '1')}).fails_with('EXPIRED')
    expect(commit{token = 'fresh', since = '5', set('a', '9')}[1]).equals('committed')
  end)

  it('takes given parents and refuses ones that are no commits', function()
    fresh_store()
    local first = commit{set('a', '1')}[2]
    local second = commit{set('a', '2')}[2]
    local merge = commit{parents = second .. first, set('a', '3')}
    local text = redis.call('HGET', keys.objects, merge[2])
    local parents = {}
    for hex in string.gmatch(text, '\nparent (%x+)') do parents[#parents + 1] = raw(hex) end
    expect(parents).equals({second, first})
    expect(commit{parents = id_of(framed('blob', '1')), set('a', '4')}).fails_with('NOTCOMMIT')
    expect(commit{parents = string.rep('\1', 20), set('a', '4')}).fails_with('MISSING')
  end)

  it('commits on exactly the head that was given', function()
    fresh_store()
    local first = commit{head = '', set('a', '1')}
    expect(commit{head = '', set('a', '2')}).equals({'moved', first[2]})
    expect(commit{head = first[2], set('a', '2')}[1]).equals('committed')
    expect(commit{head = first[2], set('a', '3')}[1]).equals('moved')
  end)

  it('refuses bad paths, contradictions and wrong entries, and changes nothing', function()
    fresh_store()
    commit{set('a', '1'), set('d/x', '1')}
    local before = snapshot()
    for _, path in ipairs({'/a', 'a/', 'a//b', '.', 'a/..', '.git', 'x/.GIT', 'n\0n'}) do
      expect(commit{set(path, '1')}).fails_with('BADPATH')
    end
    expect(commit{set('d', '1'), set('d/y', '1')}).fails_with('BADEDIT')
    expect(commit{set('d', '1'), set('d', '2')}).fails_with('BADEDIT')
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
    scripts.open('create', '2', 'sha1', 'refs/heads/main', '1000', '1000')
    expect(commit{set('a', '1')}).fails_with('FORMAT')
    redis.call('HSET', keys.meta, 'format', '1', 'hash', 'sha256')
    expect(commit{set('a', '1')}).fails_with('HASH')
    redis.call('DEL', keys.meta)
    redis.call('SET', keys.meta, 'x')
    expect(commit{set('a', '1')}).fails_with('WRONGTYPE')
  end)

  it('appends to the log at consecutive positions', function()
    fresh_store()
    local first = commit{set('a', '1')}
    local second = commit{ref = 'refs/heads/other', set('a', '1')}
    local log = scripts.read_log('after', '0', '10')
    expect({log[1], log[2], log[3], log[4], log[5], log[6]}).equals(
      {2, 1, 1, 'refs/heads/main', '', first[2]})
    expect({log[8], log[9], log[10], log[11]}).equals({2, 'refs/heads/other', '', second[2]})
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
end)
