-- delete_store.lua: one step of deleting a whole store; called until it answers `done`.
-- KEYS  1 refs (hash)   2 tokens_a (hash)   3 tokens_b (hash)   4 links (hash)   5 objects (hash)
--       6 survivors (hash)   7 log (stream)   8 worklist (list)   9 leases (hash)   10 shallow (set)
--       11 collection (hash)   12 meta (hash)
-- ARGV  1 fields a step   2 number of the key to go on with, 1 at first   3 cursor, 0 at first
-- Reply {number of the key, cursor, objects that are left}, or {`done`} when nothing is left
-- Cost  O(fields a step)
local number, cursor, meta = tonumber(ARGV[2]), ARGV[3], KEYS[12]
-- From here on every other operation refuses the store.
if redis.call('EXISTS', meta) == 1 then redis.call('HSET', meta, 'format', 'deleted') end
for other = 7, 11 do redis.call('UNLINK', KEYS[other]) end
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
if number < 7 then
  return {number, cursor, redis.call('HLEN', KEYS[5]) + redis.call('HLEN', KEYS[6])}
end
redis.call('DEL', meta)
return {'done'}
