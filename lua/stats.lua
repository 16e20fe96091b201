-- stats.lua: how much a store holds.
-- KEYS  1 objects (hash)   2 log (stream)   3 meta (hash)   4 tokens_a (hash)
--       5 tokens_b (hash)   6 survivors (hash)   7 collection (hash)
-- Reply {objects, log entries, position, tokens, horizon}
-- Cost  O(1); reads only
local meta = redis.call('HMGET', KEYS[3], 'position', 'horizon')
-- What a collection has visited is empty in `objects`.
local visited = redis.call('HMGET', KEYS[7], 'kept', 'marks')
local objects = redis.call('HLEN', KEYS[1]) - (visited[1] or 0) - (visited[2] or 0)
return {objects + redis.call('HLEN', KEYS[6]), redis.call('XLEN', KEYS[2]), tonumber(meta[1] or 0),
  redis.call('HLEN', KEYS[4]) + redis.call('HLEN', KEYS[5]), tonumber(meta[2] or 0)}
