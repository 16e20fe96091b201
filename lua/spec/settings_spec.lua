-- settings_spec.lua: settings, and what they forbid to every writer.
-- @include lib/spec.lua
local function configure(field, value)
  return scripts.configure('1', field, value)
end

local function chain(count)
  local id
  for number = 1, count do id = commit{set('n', tostring(number))}[3] end
  return id
end

describe('configure', function()
  it('changes and reads settings', function()
    fresh_store()
    expect(scripts.configure('1', 'config.a', 'x', 'config.a', 'config.b', 'head'))
      .equals({'x', '', 'refs/heads/main'})
    expect(scripts.configure('2', 'config.a', '', 'config.b', 'y', 'config.a', 'config.b'))
      .equals({'', 'y'})
  end)

  it('changes nothing else', function()
    fresh_store()
    local before = snapshot()
    expect(configure('position', '7')).fails_with('BADSETTING')
    expect(scripts.configure('2', 'config.a', 'x', 'config.', '7')).fails_with('BADSETTING')
    expect(snapshot()).equals(before)
    redis.call('DEL', keys.meta)
    expect(configure('config.a', 'x')).fails_with('NOSTORE')
  end)
end)

describe('rules', function()
  it('keeps branches from being removed', function()
    fresh_store()
    local one = chain(1)
    set_refs('refs/tags/t', '', one)
    configure('config.receive.denyDeletes', 'true')
    local before = snapshot()
    expect(set_refs('refs/heads/main', one, '').err)
      .equals('DENIED receive.denyDeletes removal refs/heads/main')
    expect(snapshot()).equals(before)
    expect(set_refs('refs/tags/t', one, '')).equals({'set', 3})
    configure('config.receive.denyDeletes', 'false')
    expect(set_refs('refs/heads/main', one, '')).equals({'set', 4})
  end)

  it('keeps branches from losing commits', function()
    fresh_store()
    local one = chain(1)
    local two = chain(2)
    local other = commit{ref = 'refs/heads/other', set('o', 'o')}[3]
    configure('config.receive.denyNonFastForwards', 'true')
    expect(set_refs('refs/heads/main', two, one).err)
      .equals('DENIED receive.denyNonFastForwards rewrite refs/heads/main')
    expect(set_refs('refs/heads/main', '*', other)).fails_with('DENIED')
    expect(commit{parents = one, set('n', 'x')}).fails_with('DENIED')
    expect(commit{parents = '', set('n', 'x')}).fails_with('DENIED')
    expect(commit{parents = other .. two, set('n', 'x')}[1]).equals('committed')
    expect(commit{set('n', 'y')}[1]).equals('committed')
    local before = scripts.read_refs('refs/heads/main')[1]
    expect(commit{parents = before .. other, set('n', 'z')}[1]).equals('committed')
    before = scripts.read_refs('refs/heads/main')[1]
    expect(commit{parents = before, set('n', 'w')}[1]).equals('committed')
    local head = scripts.read_refs('refs/heads/main')[1]
    expect(set_refs('refs/heads/other', other, head)[1]).equals('set')
    expect(set_refs('refs/heads/other', head, '')[1]).equals('set')
    -- An object below which no commits are.
    local blob = id_of(framed('blob', 'y'))
    expect(set_refs('refs/tags/t', '', one)[1]).equals('set')
    expect(set_refs('refs/tags/t', one, blob)[1]).equals('set')
  end)

  it('looks at no more than so many commits', function()
    fresh_store()
    local first = chain(1)
    local middle = chain(2)
    local last = chain(1000)
    set_refs('refs/heads/a', '', first, 'refs/heads/b', '', middle)
    configure('config.receive.denyNonFastForwards', 'true')
    expect(set_refs('refs/heads/a', first, last).err)
      .equals('DENIED receive.denyNonFastForwards unknown refs/heads/a')
    expect(set_refs('refs/heads/b', middle, last)[1]).equals('set')
  end)

  it('protects refs by their names', function()
    fresh_store()
    local one, two = chain(1), chain(2)
    set_refs('refs/heads/v-1.0', '', one, 'refs/heads/v-1x0', '', one, 'refs/tags/v1', '', one)
    configure('config.receive.protected', 'refs/heads/v-1.0 refs/tags/*')
    expect(set_refs('refs/heads/v-1.0', '*', '').err)
      .equals('DENIED receive.protected removal refs/heads/v-1.0')
    expect(set_refs('refs/tags/v1', '*', id_of(framed('blob', '1'))).err)
      .equals('DENIED receive.protected rewrite refs/tags/v1')
    expect(set_refs('refs/heads/v-1.0', '*', two)[1]).equals('set')
    expect(set_refs('refs/heads/v-1x0', '*', '')[1]).equals('set')
  end)
end)
