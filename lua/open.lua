-- open.lua: creates a store, or says what the one that is there is like.
-- KEYS  1 meta (hash)
-- ARGV  1 `create` or `open`   2 format   3 hash algorithm   4 what HEAD says, `ref: refs/heads/...`
--       5 entries that the log keeps   6 commits that a generation of tokens holds
-- Reply {`created` | `opened`, format, hash, head, position}; {`absent`} for `open` when there is none
-- Error WRONGTYPE  the key holds something else
-- Cost  O(1)
-- @include lib/log.lua
local meta = KEYS[1]
local state = 'opened'
if redis.call('EXISTS', meta) == 0 then
  if ARGV[1] ~= 'create' then return {'absent'} end
  redis.call('HSET', meta, 'format', ARGV[2], 'hash', ARGV[3], 'head', ARGV[4], 'position', '0',
    'log', ARGV[5], 'tokens', ARGV[6], 'rotated', '0', 'horizon', '0',
    'generation', '0', 'turned', now())
  state = 'created'
end
local values = redis.call('HMGET', meta, 'format', 'hash', 'head', 'position')
return {state, values[1] or '', values[2] or '', values[3] or '', values[4] or ''}
