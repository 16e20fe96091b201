-- refs_spec.lua: refs, HEAD, reading paths, and the log.
-- @include lib/spec.lua
local function other_commit(text)
  return commit{ref = 'refs/heads/scratch', set('s', text)}[3]
end

describe('set_refs', function()
  it('sets several refs at once and logs each', function()
    fresh_store()
    local one = other_commit('1')
    local blob = id_of(framed('blob', '1'))
    expect(set_refs('refs/heads/a', '', one, 'refs/tags/t', '*', blob)).equals({'set', 3})
    expect(scripts.read_refs('refs/heads/a', 'refs/tags/t', 'refs/heads/none')).equals({one, blob, ''})
    expect(set_refs('refs/heads/a', one, one)).equals({'set', 3})
    expect(set_refs('refs/heads/a', one, '')).equals({'set', 4})
    local log = scripts.read_log('after', '3', '10')
    expect({log[4], log[5], log[6], log[7]}).equals({4, 'refs/heads/a', one, ''})
  end)

  it('answers every ref whose test failed and changes nothing', function()
    fresh_store()
    local one, two = other_commit('1'), other_commit('2')
    set_refs('refs/heads/a', '', one)
    local before = snapshot()
    expect(set_refs('refs/heads/a', two, '', 'refs/heads/b', '', one, 'refs/heads/c', one, two))
      .equals({'moved', 'refs/heads/a', one, 'refs/heads/c', ''})
    expect(snapshot()).equals(before)
  end)

  it('makes nothing of an attempt that arrives after a repetition was refused', function()
    fresh_store()
    local one, two = other_commit('1'), other_commit('2')
    set_refs('refs/heads/a', '', one)
    expect(scripts.set_refs('t1', '3', '', 'refs/heads/a', two, '')[1]).equals('moved')
    set_refs('refs/heads/a', one, two)
    local before = snapshot()
    expect(scripts.set_refs('t1', '+3', '', 'refs/heads/a', two, '')).equals({'refused'})
    expect(snapshot()).equals(before)
    -- An attempt that others follow is not the last word.
    expect(scripts.set_refs('t2', '~3', '', 'refs/heads/a', one, '')[1]).equals('moved')
    expect(scripts.set_refs('t2', '~3', '', 'refs/heads/a', two, '')[1]).equals('set')
  end)

  it('makes nothing of an attempt that arrives after a repetition found nothing to do', function()
    fresh_store()
    local one, two = other_commit('1'), other_commit('2')
    set_refs('refs/heads/a', '', one)
    expect(scripts.set_refs('t1', '3', '', 'refs/heads/a', '*', one)).equals({'set', 3})
    set_refs('refs/heads/a', one, two)
    expect(scripts.set_refs('t1', '+3', '', 'refs/heads/a', '*', one)).equals({'unchanged', 4})
    expect(scripts.read_refs('refs/heads/a')).equals({two})
  end)

  it('answers a repeated request in a store with SHA-256', function()
    scripts.create('1', 'sha256', 'refs/heads/main', '1000', '1000', 'id', 'git')
    local one, two = string.rep('1', 32), string.rep('2', 32)
    put_objects(one, framed('blob', '1'), two, framed('blob', '2'))
    local requests = {
      {'t1', '0', '', 'refs/tags/a', '', one, done = {'done', 1, one}},
      {'t2', '0', '', 'refs/tags/b', '', one, 'refs/tags/a', one, '', 'refs/tags/c', '', two,
        done = {'done', 4, one, '', two}},
      {'t3', '0', '', 'refs/tags/b', one, '', done = {'done', 5, ''}},
    }
    for _, request in ipairs(requests) do
      expect(scripts.set_refs(unpack(request))).equals({'set', request.done[2]})
      expect(scripts.set_refs(unpack(request))).equals(request.done)
    end
    for _, request in ipairs(requests) do expect(scripts.set_refs(unpack(request))).equals(request.done) end
  end)

  it('keeps that a request must not be made', function()
    fresh_store()
    local one = other_commit('1')
    local since = '1 aaaa'
    expect(scripts.set_refs('t1', since, 'refuse', 'refs/heads/scratch', '*', '')).equals({'set', 1})
    expect(scripts.set_refs('t1', since, '', 'refs/heads/scratch', one, '')).equals({'refused'})
    expect(scripts.set_refs('t1', '1 bbbb', '', 'refs/heads/scratch', one, '')).fails_with('REUSED')
    expect(scripts.set_refs('t2', since, '', 'refs/heads/a', '', one)).equals({'set', 2})
    expect(scripts.set_refs('t2', since, 'refuse', 'refs/heads/a', '*', '')).equals({'done', 2, one})
    expect(scripts.set_refs('t3', since, 'leave', 'refs/heads/a', one, '')).equals({'set', 2})
    expect(scripts.set_refs('t3', since, '', 'refs/heads/a', one, '')).equals({'unchanged', 2})
  end)

  it('replaces and removes a ref that has lost its id, and counts it once', function()
    fresh_store()
    local one = other_commit('1')
    for _, junk in ipairs{'', 'junk', string.rep('j', 21)} do
      for _, set in ipairs{one, ''} do
        redis.call('DEL', keys.refs)
        set_refs('refs/heads/d/a', '', one, 'refs/heads/d/b', '', one)
        redis.call('HSET', keys.refs, 'refs/heads/d/a', junk)
        expect(set_refs('refs/heads/d/a', one, set)).equals({'moved', 'refs/heads/d/a', ''})
        local before = tonumber(redis.call('HGET', keys.meta, 'position'))
        expect(set_refs('refs/heads/d/a', '', set)).equals({'set', before + 1})
        expect(redis.call('HGET', keys.refs, 'refs/heads/d/')).equals(set == '' and '1' or '2')
        expect(redis.call('HEXISTS', keys.refs, 'refs/heads/d/a')).equals(set == '' and 0 or 1)
        expect(scripts.read_refs('refs/heads/d/a')).equals({set})
      end
    end
    redis.call('HSET', keys.refs, 'refs/heads/d/a', 'junk')
    scripts.configure('1', 'config.receive.denyDeletes', 'true')
    expect(set_refs('refs/heads/d/a', '*', '')).fails_with('DENIED')
    scripts.configure('2', 'config.receive.denyDeletes', '', 'config.receive.denyNonFastForwards', 'true')
    expect(set_refs('refs/heads/d/a', '*', one)).fails_with('DENIED')
  end)

  it('refuses what is not stored or is no commit', function()
    fresh_store()
    local one = other_commit('1')
    local before = snapshot()
    expect(set_refs('refs/heads/a', '', one, 'refs/heads/b', '', string.rep('m', 20)))
      .fails_with('MISSING')
    expect(set_refs('refs/heads/a', '', id_of(framed('blob', '1')))).fails_with('NOTCOMMIT')
    expect(snapshot()).equals(before)
    redis.call('DEL', keys.meta)
    expect(set_refs('refs/heads/a', '*', one)).fails_with('NOSTORE')
  end)

  it('keeps a ref and a folder of refs apart', function()
    fresh_store()
    local one = other_commit('1')
    set_refs('refs/heads/a/b', '', one, 'refs/heads/a/c', '', one)
    local before = snapshot()
    expect(set_refs('refs/heads/a', '', one)).fails_with('REFCLASH')
    expect(set_refs('refs/heads/a/b/d', '', one)).fails_with('REFCLASH')
    expect(set_refs('refs/heads/n', '', one, 'refs/heads/n/m', '', one)).fails_with('REFCLASH')
    expect(set_refs('refs/heads/n/m', '', one, 'refs/heads/n', '', one)).fails_with('REFCLASH')
    expect(snapshot()).equals(before)
    -- A rename into its own folder, and back.
    expect(set_refs('refs/heads/a/b', one, '', 'refs/heads/a/c', one, '', 'refs/heads/a', '', one)[1])
      .equals('set')
    expect(set_refs('refs/heads/a', one, '', 'refs/heads/a/x', '', one)[1]).equals('set')
    expect(redis.call('HGET', keys.refs, 'refs/heads/a/')).equals('1')
    set_refs('refs/heads/a/x', one, '', 'refs/heads/scratch', '*', '')
    expect(redis.call('HLEN', keys.refs)).equals(0)
  end)
end)

describe('list_refs', function()
  it('lists refs under a prefix and no folders, with HEAD and the position of the log', function()
    fresh_store()
    local one = other_commit('1')
    set_refs('refs/heads/a/b', '', one, 'refs/tags/t', '', one)
    local reply = scripts.list_refs('0', '100', 'refs/heads/', '')
    expect({reply[1], reply[2], reply[3]}).equals({'0', 3, 'refs/heads/main'})
    local names = {}
    for at = 4, #reply, 3 do
      names[#names + 1] = reply[at]
      expect(reply[at + 1]).equals(one)
      expect(reply[at + 2]).equals('')
    end
    table.sort(names)
    expect(names).equals({'refs/heads/a/b', 'refs/heads/scratch'})
    redis.call('DEL', keys.refs, keys.meta)
    expect(scripts.list_refs('0', '100', '', '')).equals({'0', 0, ''})
  end)

  it('says what annotated tags lead to', function()
    fresh_store()
    local one = other_commit('1')
    local function tag(target, kind)
      local bytes = framed('tag', 'object ' .. target .. '\ntype ' .. kind .. '\ntag t\n\n')
      put_objects(id_of(bytes), bytes)
      return id_of(bytes)
    end
    local function hex(id)
      return (string.gsub(id, '.', function(byte) return string.format('%02x', string.byte(byte)) end))
    end
    local tagged = tag(hex(one), 'commit')
    local twice = tag(hex(tagged), 'tag')
    local odd = tag('00', 'commit')
    local lost = tag(string.rep('ab', 20), 'blob')
    local names = {light = one, tagged = tagged, twice = twice, odd = odd, lost = lost}
    local wanted = {light = '', tagged = one, twice = one, odd = '', lost = raw(string.rep('ab', 20))}
    for _, name in ipairs({'light', 'tagged', 'twice', 'odd', 'lost'}) do
      set_refs('refs/tags/' .. name, '', names[name])
    end
    local long = one
    for _ = 1, 17 do long = tag(hex(long), 'tag') end
    set_refs('refs/tags/long', '', long)
    wanted.long = ''
    local found, unasked = {}, {}
    local reply = scripts.list_refs('0', '100', 'refs/tags/', 'peel')
    for at = 4, #reply, 3 do found[string.sub(reply[at], 11)] = reply[at + 2] end
    expect(found).equals(wanted)
    reply = scripts.list_refs('0', '100', 'refs/tags/', '')
    for at = 4, #reply, 3 do unasked[reply[at + 2]] = true end
    expect(unasked).equals({[''] = true})
  end)
end)

describe('read_refs', function()
  it('answers nothing for refs that are not there', function()
    expect(scripts.read_refs('refs/heads/a', 'refs/tags/b')).equals({'', ''})
  end)
end)

describe('set_head', function()
  it('sets what HEAD names', function()
    fresh_store()
    expect(scripts.set_head('ref: refs/heads/other')).equals(1)
    expect(redis.call('HGET', keys.meta, 'head')).equals('ref: refs/heads/other')
    redis.call('DEL', keys.meta)
    expect(scripts.set_head('x')).fails_with('NOSTORE')
  end)
end)

describe('find', function()
  it('walks a path from a branch, a commit or a tree', function()
    fresh_store()
    local reply = commit{set('a/b', 'hello')}
    local blob = framed('blob', 'hello')
    local found = {reply[3], '100644', id_of(blob), blob}
    expect(find('ref', 'refs/heads/main', 'bytes', 'a', 'b')).equals(found)
    expect(find('id', reply[3], 'bytes', 'a', 'b')).equals(found)
    expect(find('id', reply[5], 'entry', 'a', 'b')).equals({reply[5], '100644', id_of(blob)})
    expect(find('ref', 'refs/heads/main', 'entry')).equals({reply[3], '40000', reply[5]})
  end)

  it('tells an absent branch from an absent path', function()
    fresh_store()
    expect(find('ref', 'refs/heads/main', 'bytes', 'a')).equals({})
    expect(find('id', string.rep('m', 20), 'bytes', 'a')).equals({})
    local head = commit{set('a', '1')}[3]
    expect(find('ref', 'refs/heads/main', 'bytes', 'b')).equals({head})
    expect(find('ref', 'refs/heads/main', 'bytes', 'a', 'b')).equals({head})
  end)

  it('does not look for a submodule\'s commit', function()
    fresh_store()
    local head = commit{{'sub', '*', 'entry', '160000', string.rep('s', 20)}}[3]
    expect(find('ref', 'refs/heads/main', 'bytes', 'sub')).equals(
      {head, '160000', string.rep('s', 20)})
  end)

  -- The server cannot compute ids of 32 bytes, and need not: it follows them.
  it('follows the ids of a store with SHA-256', function()
    scripts.create('1', 'sha256', 'refs/heads/main', '1000', '1000', 'id', 'git')
    local blob, tree, top = string.rep('b', 32), string.rep('t', 32), string.rep('c', 32)
    local hex = string.rep('74', 32)
    local header = 'tree ' .. hex .. '\nauthor ' .. person .. '\ncommitter ' .. person .. '\n\n'
    put_objects(blob, framed('blob', 'x'), tree, framed('tree', '100644 f\0' .. blob),
      top, framed('commit', header))
    expect(find('id', top, 'bytes', 'f')).equals({top, '100644', blob, framed('blob', 'x')})
    redis.call('HDEL', keys.objects, blob)
    expect(find('id', top, 'bytes', 'f').err).equals('MISSING ' .. string.rep('62', 32))
  end)

  it('names what is missing or damaged', function()
    fresh_store()
    commit{set('a/b', '1')}
    redis.call('HDEL', keys.objects, id_of(framed('blob', '1')))
    expect(find('ref', 'refs/heads/main', 'bytes', 'a', 'b')).fails_with('MISSING')
    expect(find('ref', 'refs/heads/main', 'entry', 'a', 'b')[2]).equals('100644')
    local blob = framed('blob', 'x')
    put_objects(id_of(blob), blob)
    expect(find('id', id_of(blob), 'bytes', 'a')).fails_with('NOTTREE')
    local cut = 'tree 9\0' .. '100644 ab'
    redis.call('HSET', keys.objects, string.rep('c', 20), cut)
    expect(find('id', string.rep('c', 20), 'bytes', 'a')).fails_with('BADTREE')
  end)

  it('reads zero-padded modes and many entries', function()
    fresh_store()
    local blob = framed('blob', 'x')
    local inner = framed('tree', '100644 f\0' .. id_of(blob))
    local outer = framed('tree', '040000 d\0' .. id_of(inner))
    put_objects(id_of(blob), blob, id_of(inner), inner, id_of(outer), outer)
    expect(find('id', id_of(outer), 'entry', 'd', 'f')[3]).equals(id_of(blob))
    commit{{'', '*', 'entry', '40000', id_of(outer)}}
    commit{set('d/g', 'y')}
    expect(text_at('d/f') .. text_at('d/g')).equals('xy')
  end)
end)

describe('the log', function()
  it('says which moves have left commits', function()
    fresh_store()
    local function is_lost()
      return #redis.call('XREVRANGE', keys.log, '+', '-', 'COUNT', 1)[1][2] == 10
    end
    local ids = {}
    for n = 1, 130 do ids[n] = commit{set('a', tostring(n))}[3] end
    set_refs('refs/heads/b', '', ids[1])
    for _, step in ipairs({{2, false}, {9, false}, {5, true}, {7, false}, {130, true}}) do
      set_refs('refs/heads/b', '*', ids[step[1]])
      expect(is_lost()).equals(step[2])
    end
  end)
end)

describe('read_log', function()
  it('pages forwards and backwards', function()
    fresh_store()
    for n = 1, 5 do commit{set('a', tostring(n))} end
    local function positions(reply)
      local found = {}
      for at = 4, #reply, 5 do found[#found + 1] = reply[at] end
      return found
    end
    expect(positions(scripts.read_log('after', '2', '2'))).equals({3, 4})
    expect(positions(scripts.read_log('after', '5', '2'))).equals({})
    expect(positions(scripts.read_log('before', '', '2'))).equals({5, 4})
    expect(positions(scripts.read_log('before', '2', '9'))).equals({1})
    expect(positions(scripts.read_log('before', '1', '9'))).equals({})
    expect(scripts.read_log('after', '0', '1')[1]).equals(5)
  end)

  it('says when entries are not kept any more', function()
    fresh_store('100')
    for n = 1, 400 do commit{set('a', tostring(n))} end
    local oldest = scripts.read_log('before', '', '1')[2]
    expect(oldest > 1).equals(true)
    expect(redis.call('XLEN', keys.log) < 300).equals(true)
    expect(scripts.read_log('after', '0', '1')).fails_with('TRIMMED')
    expect(scripts.read_log('after', tostring(oldest - 1), '1')[4]).equals(oldest)
    expect(scripts.read_log('before', tostring(oldest + 1), '9')[4]).equals(oldest)
    expect(#scripts.read_log('before', tostring(oldest), '9')).equals(3)
    expect(#scripts.read_log('before', '1', '9')).equals(3)
  end)

  it('refuses a store that is gone', function()
    expect(scripts.read_log('after', '0', '1')).fails_with('NOSTORE')
  end)
end)
