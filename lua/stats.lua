-- stats.lua: how much a store holds.
-- KEYS  1 objects (hash)   2 log (stream)   3 meta (hash)   4 tokens_a (hash)
--       5 tokens_b (hash)
-- Reply {objects, log entries, position, tokens, horizon}
-- Cost  O(1); reads only
local meta = redis.call('HMGET', KEYS[3], 'position', 'horizon')
return {redis.call('HLEN', KEYS[1]), redis.call('XLEN', KEYS[2]), tonumber(meta[1] or 0),
  redis.call('HLEN', KEYS[4]) + redis.call('HLEN', KEYS[5]), tonumber(meta[2] or 0)}
