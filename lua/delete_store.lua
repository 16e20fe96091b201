-- delete_store.lua: one step of deleting a whole store; called until it answers `done`.
-- KEYS  1 refs (hash)   2 tokens_a (hash)   3 tokens_b (hash)   4 links (hash)   5 objects (hash)
--       6 log (stream)   7 meta (hash)
-- ARGV  1 fields a step   2 number of the key to go on with, 1 at first   3 cursor, 0 at first
-- Reply {number of the key, cursor, objects that are left}, or {`done`} when nothing is left
-- Cost  O(fields a step)
local number, cursor = tonumber(ARGV[2]), ARGV[3]
-- From here on every other operation refuses the store.
if redis.call('EXISTS', KEYS[7]) == 1 then redis.call('HSET', KEYS[7], 'format', 'deleted') end
redis.call('UNLINK', KEYS[6])
local key = KEYS[number]
-- The scan goes on where it was: from 0 it would walk over the buckets that it has emptied.
local scanned = redis.call('HSCAN', key, cursor, 'COUNT', ARGV[1])
local fields, names = scanned[2], {}
for at = 1, #fields, 2 do names[#names + 1] = fields[at] end
for from = 1, #names, 1000 do
  redis.call('HDEL', key, unpack(names, from, math.min(from + 999, #names)))
end
cursor = scanned[1]
if cursor == '0' and redis.call('HLEN', key) == 0 then number = number + 1 end
if number < 6 then return {number, cursor, redis.call('HLEN', KEYS[5])} end
redis.call('DEL', KEYS[7])
return {'done'}
