-- maintain_spec.lua: one at a time maintains a store.
-- @include lib/spec.lua

describe('maintain', function()
  it('gives the turn to one, who may go on with it and give it back', function()
    fresh_store()
    commit{set('a', '1')}
    expect(scripts.maintain('claim', 'one', '60000')).equals({1, 1, 3, 0, 0})
    expect(scripts.maintain('claim', 'two', '60000')[1]).equals(0)
    expect(scripts.maintain('release', 'two')[1]).equals(0)
    expect(scripts.maintain('claim', 'one', '60000')[1]).equals(1)
    commit{set('a', '2')}
    expect(scripts.maintain('done', 'one', '1')).equals({1, 2, 6, 1, 6})
    expect(scripts.maintain('claim', 'two', '60000')).equals({1, 2, 6, 1, 6})
    expect(scripts.maintain('release', 'two')[1]).equals(1)
    expect(redis.call('HEXISTS', keys.meta, 'maintainer')).equals(0)
  end)

  it('takes the turn from one who is gone', function()
    fresh_store()
    scripts.maintain('claim', 'one', '60000')
    redis.call('HSET', keys.meta, 'maintainer', '1000 one')
    expect(scripts.maintain('claim', 'two', '60000')[1]).equals(1)
    expect(scripts.maintain('done', 'one', '0')).equals({0, 0, 0, 0, 0})
    expect(scripts.maintain('claim', 'one', '60000')[1]).equals(0)
  end)

  it('counts objects that a collection has moved once', function()
    fresh_store()
    commit{set('a', '1')}
    scripts.collect('begin', '0', '0')
    scripts.collect('step', '3')
    expect(scripts.maintain('claim', 'one', '60000')[3]).equals(3)
    redis.call('DEL', keys.meta)
    expect(scripts.maintain('claim', 'one', '60000')).fails_with('NOSTORE')
  end)
end)
