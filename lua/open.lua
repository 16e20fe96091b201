-- open.lua: says what the store that is there is like.
-- KEYS  1 meta (hash)
-- ARGV  none
-- Reply {`opened`, format, hash, head, position, layout}; {`absent`} when there is no store
-- Error WRONGTYPE  the key holds something else
-- Cost  O(1); reads only
if redis.call('EXISTS', KEYS[1]) == 0 then return {'absent'} end
local values = redis.call('HMGET', KEYS[1], 'format', 'hash', 'head', 'position', 'layout')
-- A `+` says that garbage is being collected: see lib/meta.lua.
return {'opened', string.match(values[1] or '', '^(.-)%+?$'), values[2] or '', values[3] or '', values[4] or '',
  values[5] or ''}
