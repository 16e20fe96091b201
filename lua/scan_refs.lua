-- scan_refs.lua: a step through the refs as they are stored, counts of folders and all, in no order.
-- KEYS  1 refs (hash)
-- ARGV  1 cursor, 0 at first   2 fields a step
-- Reply {next cursor, 0 at the end; field, value, field, value, ...} as lib/refs.lua describes them;
--       a field may come more than once
-- Cost  O(fields a step); reads only
local scanned = redis.call('HSCAN', KEYS[1], ARGV[1], 'COUNT', ARGV[2])
local fields = scanned[2]
local reply = {scanned[1]}
for at = 1, #fields do reply[at + 1] = fields[at] end
return reply
