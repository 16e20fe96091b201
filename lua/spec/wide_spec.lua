-- wide_spec.lua: wide directories.
-- @include lib/spec.lua

-- The root tree of the main branch.
local function root()
  return find('ref', 'refs/heads/main', 'entry')[3]
end

local function object(id)
  return redis.call('HGET', keys.objects, id)
end

-- The parts of a tree: names with modes, and ids by name.
local function parts_of(id)
  local bytes, names, ids = object(id), {}, {}
  local at = string.find(bytes, '\0', 1, true) + 1
  while at <= #bytes do
    local zero = string.find(bytes, '\0', at, true)
    local text = string.sub(bytes, at, zero - 1)
    names[#names + 1] = text
    ids[text] = string.sub(bytes, zero + 1, zero + #id)
    at = zero + #id + 1
  end
  return names, ids
end

local function job(number)
  return string.format('job-%03d', number)
end

-- A commit of jobs `low` to `high`, whose values are their numbers.
local function commit_jobs(low, high)
  local edits = {}
  for number = low, high do edits[#edits + 1] = set(job(number), tostring(number)) end
  return commit(edits)
end

local function names_of_entries(names, ids)
  local pieces = {}
  for _, name in ipairs(names) do pieces[#pieces + 1] = '100644 ' .. name .. '\0' end
  return 'names ' .. ids .. redis.sha1hex(table.concat(pieces))
end

describe('a wide directory', function()
  it('is one tree up to 32 entries, and parted above', function()
    fresh_wide_store()
    commit_jobs(1, 32)
    expect(#parts_of(root())).equals(32)
    local small = root()
    commit_jobs(33, 33)
    local names, ids = parts_of(root())
    -- All names begin with `job-0`, and the four bits that decimal digits have in common.
    expect(names).equals({'100644 ! 33 6a6f622d303', '40000 !0', '40000 !1', '40000 !2', '40000 !3'})
    expect(ids['100644 ! 33 6a6f622d303']).equals(id_of(explanation))
    expect((parts_of(ids['40000 !3']))).equals({'100644 job-030', '100644 job-031', '100644 job-032',
      '100644 job-033'})
    expect(text_at('job-033') .. text_at('job-001')).equals('331')
    expect(text_at('job-034')).equals(nil)
    expect(text_at('jab-001')).equals(nil)
    commit{remove('job-033')}
    expect(root()).equals(small)
  end)

  it('has one form, whatever the edits were', function()
    fresh_wide_store()
    commit_jobs(1, 200)
    local whole = root()
    commit{ref = 'refs/heads/other', set('x', '1')}
    for number = 200, 1, -1 do
      commit{ref = 'refs/heads/other', set(job(number), tostring(number))}
    end
    commit{ref = 'refs/heads/other', remove('x')}
    expect(find('ref', 'refs/heads/other', 'entry')[3]).equals(whole)
    -- A name beside all others, and one inside what they have in common.
    commit{set('a', '1')}
    expect((parts_of(root()))).equals({'100644 ! 201 6', '40000 !1', '40000 !a'})
    commit{set('job', '1')}
    expect(text_at('job') .. text_at('a') .. text_at('job-100')).equals('11100')
    commit{remove('a'), remove('job'), remove('b'), remove('jobs')}
    expect(root()).equals(whole)
  end)

  it('changes a value by the trees on its way', function()
    fresh_wide_store()
    commit_jobs(1, 200)
    local count = redis.call('HLEN', keys.objects)
    commit{set('job-150', 'other')}
    -- The value, its bucket, two nodes, and the commit.
    expect(redis.call('HLEN', keys.objects) - count).equals(5)
    expect(text_at('job-150') .. text_at('job-151')).equals('other151')
    commit{{'job-150', '*', 'blob', '100755', framed('blob', 'other')}}
    expect(find('ref', 'refs/heads/main', 'entry', 'job-150')[2]).equals('100755')
  end)

  it('becomes a plain tree again with an entry whose name ends where others part, and goes with its last', function()
    fresh_wide_store()
    commit_jobs(1, 40)
    commit{set('job-0', 'short')}
    local edits = {}
    for number = 1, 10 do edits[number] = remove(job(number)) end
    commit(edits)
    local names = parts_of(root())
    expect({#names, names[1], names[2], names[31]}).equals({31, '100644 job-0', '100644 job-011', '100644 job-040'})
    expect(text_at('job-0')).equals('short')
    commit{set('d/a', '1'), set('d/b', '2')}
    commit{remove('d/a'), remove('d/b')}
    expect(#find('ref', 'refs/heads/main', 'entry', 'd')).equals(1)
    commit_jobs(1, 40)
    edits = {remove('job-0')}
    for number = 1, 40 do edits[#edits + 1] = remove(job(number)) end
    commit(edits)
    expect(object(root())).equals(framed('tree', ''))
  end)

  it('keeps an entry whose name ends where others part', function()
    fresh_wide_store()
    commit_jobs(1, 40)
    commit{set('job-0', 'short')}
    local names, ids = parts_of(root())
    expect(names).equals({'100644 ! 41 6a6f622d30', '40000 !3', '100644 job-0'})
    expect(text_at('job-0')).equals('short')
    commit{set('job-0', 'longer'), set('job-001', 'x')}
    expect(text_at('job-0') .. text_at('job-001')).equals('longerx')
    -- A folder of that name stands elsewhere: its key goes on with a slash.
    commit{set('job-0/in', 'folder')}
    expect(text_at('job-0/in')).equals('folder')
    expect((parts_of(root()))).equals({'100644 ! 41 6a6f622d30', '40000 !2', '40000 !3'})
    commit{set('job-0', 'blob')}
    expect(parts_of(root())[3]).equals('100644 job-0')
    commit{remove('job-0')}
    commit_jobs(1, 1)
    expect(parts_of(root())[1]).equals('100644 ! 40 6a6f622d303')
  end)

  it('gives names like its own another form inside', function()
    fresh_wide_store()
    local edits = {set('! 5', 'x'), set('!0', 'y'), set('%', 'z'), set(' a', 's')}
    for number = 1, 40 do edits[#edits + 1] = set(job(number), 'v') end
    commit(edits)
    expect(text_at('! 5') .. text_at('!0') .. text_at('%') .. text_at(' a')).equals('xyzs')
    commit{set('! 5', 'xx'), remove('!0')}
    expect(text_at('! 5') .. text_at('%')).equals('xxz')
    expect(text_at('!0')).equals(nil)
    -- Its own directory that would look like a node is made one.
    commit{ref = 'refs/heads/trick', {'! 7', '*', 'entry', '100644', id_of(explanation)}}
    local tree = find('ref', 'refs/heads/trick', 'entry')[3]
    expect((parts_of(tree))).equals({'100644 ! 1 2120' .. '37', '100644 %! 7'})
    expect(find('ref', 'refs/heads/trick', 'entry', '! 7')[3]).equals(id_of(explanation))
    expect(find('ref', 'refs/heads/trick', 'entry', '! 8')).equals({(find('ref', 'refs/heads/trick',
      'entry'))[1]})
    commit{ref = 'refs/heads/plain', set('! 7', 'other')}
    commit{ref = 'refs/heads/plain', set('! 8', 'more')}
    expect((parts_of(find('ref', 'refs/heads/plain', 'entry')[3]))).equals({'100644 ! 7', '100644 ! 8'})
    commit{ref = 'refs/heads/trick', remove('! 7'), set('b', '1')}
    expect((parts_of(find('ref', 'refs/heads/trick', 'entry')[3]))).equals({'100644 b'})
  end)

  it('is made of a plain tree which looks like one after an entry has gone', function()
    fresh_wide_store()
    -- A space stands before all that looks like a mark.
    commit{{'! 7', '*', 'entry', '100644', id_of(explanation)}, set(' a', 's')}
    expect((parts_of(root()))).equals({'100644  a', '100644 ! 7'})
    commit{set('b', '1')}
    expect((parts_of(root()))).equals({'100644  a', '100644 ! 7', '100644 b'})
    commit{remove(' a')}
    expect(parts_of(root())[1]).matches('^100644 ! 2')
    expect(find('ref', 'refs/heads/main', 'entry', '! 7')[3]).equals(id_of(explanation))
    expect(text_at('b')).equals('1')
    expect(text_at(' a')).equals(nil)
  end)

  it('is read with ids of SHA-256', function()
    local explanation_id = raw('ec4350d1fc867895a76028a19491518947db47664bee066f4b2d28ff6a3cc572')
    scripts.create('2', 'sha256', 'refs/heads/main', '1000', '1000', 'id', 'wide', explanation_id, explanation)
    local top, other, bucket, blob = string.rep('t', 32), string.rep('o', 32), string.rep('b', 32), string.rep('x', 32)
    local function node(id)
      return framed('tree', '100644 ! 33 6a6f62\0' .. id .. '40000 !2\0' .. bucket)
    end
    put_objects(blob, framed('blob', 'x'), bucket, framed('tree', '100644 job-1\0' .. blob),
      top, node(explanation_id), other, node(blob))
    expect(find('id', top, 'bytes', 'job-1')).equals({top, '100644', blob, framed('blob', 'x')})
    expect(find('id', top, 'entry', '!2')).equals({top})
    -- One that refers to anything else is somebody's own.
    expect(find('id', other, 'entry', 'job-1')).equals({other})
    expect(find('id', other, 'entry', '!2')).equals({other, '40000', bucket})
  end)

  it('is not what begins like one', function()
    fresh_wide_store()
    local function put(content)
      local bytes = framed('tree', content)
      put_objects(id_of(bytes), bytes)
      return id_of(bytes)
    end
    -- No mark, and one that counts more than there can be.
    for _, name in ipairs({'! x', '! 0', '! 1 G', '! 1234567890123456'}) do
      local id = put('100644 ' .. name .. '\0' .. id_of(explanation))
      expect(find('id', id, 'entry', name)).equals({id, '100644', id_of(explanation)})
    end
    expect(find('id', put('100644 ! '), 'entry', 'a')).fails_with('BADTREE')
  end)

  it('has no entry without a name, and none where the digits end', function()
    fresh_wide_store()
    commit_jobs(1, 100)
    expect(#find('ref', 'refs/heads/main', 'entry', '')).equals(1)
    expect(#scripts.trail(root(), '')).equals(2)
    local _, ids = parts_of(root())
    -- By hand: below what the name of a directory `job` has in digits there is nothing but that.
    local bytes = framed('tree', '100644 ! 40 6a6f622f\0' .. id_of(explanation) .. '40000 !0\0' .. ids['40000 !0'])
    put_objects(id_of(bytes), bytes)
    expect(find('id', id_of(bytes), 'entry', 'job')).equals({id_of(bytes)})
  end)

  it('meets expectations as any other', function()
    fresh_wide_store()
    commit_jobs(1, 60)
    local names = {}
    for number = 1, 60 do names[number] = job(number) end
    local listing = names_of_entries(names, root())
    commit{set('job-001', 'other')}
    -- The same names under another id.
    expect(commit{{'', listing}, set('job-002', 'x')}[1]).equals('committed')
    commit{set('job-061', 'new')}
    local reply = commit{{'', listing}, set('job-002', 'y')}
    expect(reply[1]).equals('conflict')
    expect(commit{set('job-003', 'x', '')}[1]).equals('conflict')
    expect(commit{set('job-999', 'x', '')}[1]).equals('committed')
    local entry = find('ref', 'refs/heads/main', 'entry', 'job-003')
    expect(commit{set('job-003', 'x', entry[2] .. ' ' .. entry[3])}[1]).equals('committed')
    expect(commit{set('job-003', 'x'), set('job-004/a', 'x'), set('job-004/b', 'y')}[1])
      .equals('committed')
    expect(text_at('job-004/b')).equals('y')
    expect(commit{unsorted = true, set('job-003', 'x'), set('job-005', 'x'), set('job-003', 'y')})
      .fails_with('BADEDIT')
    expect(commit{remove('none'), set('job-003', 'x')}[1]).equals('unchanged')
  end)

  it('takes plain trees from elsewhere, and parts them where they are edited', function()
    fresh_wide_store()
    local blob = framed('blob', 'x')
    local function plain(count)
      local entries = {'040000 dir\0' .. id_of(framed('tree', '100644 f\0' .. id_of(blob)))}
      for number = 1, count do entries[#entries + 1] = '100644 ' .. string.format('n%05d', number) .. '\0'
        .. id_of(blob) end
      return framed('tree', table.concat(entries))
    end
    local inner, large, huge = framed('tree', '100644 f\0' .. id_of(blob)), plain(100), plain(2001)
    put_objects(id_of(blob), blob, id_of(inner), inner, id_of(large), large, id_of(huge), huge)
    commit{{'large', '*', 'entry', '40000', id_of(large)}, {'huge', '*', 'entry', '40000', id_of(huge)}}
    expect(text_at('large/n00050') .. text_at('large/dir/f') .. text_at('huge/n02001')).equals('xxx')
    commit{set('large/n00050', 'y')}
    local top = find('ref', 'refs/heads/main', 'entry', 'large')[3]
    expect(parts_of(top)[1]).equals('100644 ! 101 6')
    expect(text_at('large/n00050') .. text_at('large/dir/f')).equals('yx')
    local names = {}
    for number = 1, 100 do names[number] = string.format('n%05d', number) end
    local pieces = {'40000 dir\0'}
    for _, name in ipairs(names) do pieces[#pieces + 1] = '100644 ' .. name .. '\0' end
    local listing = 'names ' .. id_of(large) .. redis.sha1hex(table.concat(pieces))
    expect(commit{{'large', listing}, set('large/n00050', 'z')}[1]).equals('committed')
    expect(commit{set('huge/n00050', 'y')}).fails_with('TOOLARGE')
  end)

  it('names what is damaged', function()
    fresh_wide_store()
    commit_jobs(1, 100)
    local _, ids = parts_of(root())
    local below = ids['40000 !0']
    local whole = object(below)
    redis.call('HSET', keys.objects, below, framed('tree', '100644 ! x\0' .. id_of(explanation)))
    expect(find('ref', 'refs/heads/main', 'entry', 'job-001')).fails_with('BADTREE')
    redis.call('HSET', keys.objects, below, 'tree 9\0' .. '100644 ! ')
    expect(find('ref', 'refs/heads/main', 'entry', 'job-001')).fails_with('BADTREE')
    redis.call('HSET', keys.objects, below, framed('tree', '100644 cut'))
    expect(commit{set('job-0000', 'x')}).fails_with('BADTREE')
    expect(commit{remove('job-0000'), set('job-0001', 'x')}).fails_with('BADTREE')
    -- What a node holds beside its parts.
    local mark = '100644 ! 99 37\0' .. id_of(explanation)
    local bucket = ids['40000 !0']
    for _, extra in ipairs({'40000 !10\0' .. bucket, '40000 !0\0' .. bucket .. '100644 !x\0' .. bucket,
      '40000 !0\0' .. bucket .. '100644 a\0' .. bucket .. '100644 b\0' .. bucket}) do
      redis.call('HSET', keys.objects, below, framed('tree', mark .. extra))
      expect(commit{set('job-0000', 'x')}).fails_with('BADTREE')
    end
    redis.call('HSET', keys.objects, below, framed('tree', mark .. '40000 !10\0' .. bucket))
    expect(find('ref', 'refs/heads/main', 'entry', 'job-0700')).fails_with('BADTREE')
    redis.call('HDEL', keys.objects, below)
    expect(find('ref', 'refs/heads/main', 'entry', 'job-001')).fails_with('MISSING')
    expect(commit{set('job-100', 'x')}[1]).equals('committed')
    redis.call('HSET', keys.objects, below, whole)
    expect(text_at('job-001')).equals('1')
    -- A plain tree that is cut off, looked at for its size.
    local cut = framed('tree', string.rep('1', 2000))
    put_objects(id_of(cut), cut)
    commit{{'cut', '*', 'entry', '40000', id_of(cut)}}
    expect(commit{set('cut/a', 'x')}).fails_with('BADTREE')
    -- And one that is cut off after what is looked for.
    local blob = id_of(framed('blob', '1'))
    cut = framed('tree', '100644 a\0' .. blob .. string.rep('1', 2000))
    put_objects(id_of(cut), cut)
    commit{{'cut', '*', 'entry', '40000', id_of(cut)}}
    expect(commit{set('cut/a', 'x')}).fails_with('BADTREE')
    for _, damage in ipairs(cut_entries) do
      cut = framed('tree', '100644 a\0' .. blob .. '100644 b\0' .. blob .. damage)
      put_objects(id_of(cut), cut)
      commit{{'cut', '*', 'entry', '40000', id_of(cut)}}
      local before = snapshot()
      expect(commit{set('cut/a', 'x'), set('cut/b', 'y')}).fails_with('BADTREE')
      expect(snapshot()).equals(before)
    end
  end)
end)

describe('a wide directory with a wrong mark', function()
  local function miscount(count)
    local bytes = object(root())
    local content = string.sub(bytes, string.find(bytes, '\0', 1, true) + 1)
    redis.call('HSET', keys.objects, root(), framed('tree', (string.gsub(content, '^100644 ! %d+',
      '100644 ! ' .. count))))
  end

  local function remove_jobs(low, high)
    local edits = {}
    for number = low, high do edits[#edits + 1] = remove(job(number)) end
    return commit(edits)
  end

  it('loses no entry that the mark does not know', function()
    fresh_wide_store()
    commit_jobs(1, 100)
    miscount(1)
    expect(remove_jobs(5, 5)).fails_with('BADTREE')
    miscount(33)
    expect(remove_jobs(5, 5)).fails_with('BADTREE')
    miscount(100)
    expect(remove_jobs(5, 5)[1]).equals('committed')
  end)

  it('does not grow beyond what a mark can say', function()
    fresh_wide_store()
    commit_jobs(1, 100)
    miscount('999999999999999')
    expect(commit_jobs(101, 101)).fails_with('BADTREE')
  end)

  it('loses no name that somebody has put where it does not belong', function()
    fresh_wide_store()
    commit_jobs(100, 199)
    local _, ids = parts_of(root())
    local bucket = ids['40000 !5']
    local bytes = object(bucket)
    local content = string.sub(bytes, string.find(bytes, '\0', 1, true) + 1)
    local blob = id_of(framed('blob', '1'))
    redis.call('HSET', keys.objects, bucket, framed('tree', content .. '100644 zzz\0' .. blob))
    local edits = {}
    for number = 0, 40 do edits[#edits + 1] = set('job-151' .. number, 'x') end
    expect(commit(edits)).fails_with('BADTREE')
    -- Here, but twice.
    redis.call('HSET', keys.objects, bucket, framed('tree', content .. '100644 job-150\0' .. blob))
    local before = snapshot()
    expect(commit(edits)).fails_with('BADTREE')
    expect(snapshot()).equals(before)
  end)

  it('keeps the last of its parts where the mark knows of more', function()
    fresh_wide_store()
    commit_jobs(1, 33)
    miscount(100)
    expect(remove_jobs(10, 33)[1]).equals('committed')
    expect((parts_of(root()))).equals({'100644 ! 76 6a6f622d303', '40000 !0'})
    for number = 1, 9 do expect(text_at(job(number))).equals(tostring(number)) end
    expect(text_at(job(10))).equals(nil)
  end)

  it('does not stay when nothing is left', function()
    fresh_wide_store()
    commit_jobs(1, 40)
    miscount(80)
    expect(remove_jobs(1, 40)).fails_with('BADTREE')
  end)
end)

describe('trail', function()
  it('gives the trees on the way to a name', function()
    fresh_wide_store()
    commit_jobs(1, 200)
    local _, ids = parts_of(root())
    local reply = scripts.trail(root(), 'job-123')
    expect({reply[1], reply[2], reply[3], reply[4]}).equals({root(), object(root()), ids['40000 !1'],
      object(ids['40000 !1'])})
    expect(string.find(reply[#reply], 'job-123', 1, true) ~= nil).equals(true)
    expect(#scripts.trail(root(), 'x')).equals(2)
    expect(#scripts.trail(reply[#reply - 1], 'job-123')).equals(2)
    expect(scripts.trail(string.rep('m', 20), 'x')).fails_with('MISSING')
  end)
end)
