-- lib/collector.lua: what a script owes to a collection of garbage that is under way, so that nothing that
-- a ref comes to lead to vanishes with it. GarbageCollection in the documentation has the argument.
-- The worklist, KEYS[8], holds what is still to be visited.

-- Has the collector visit objects, nil for none: they are kept, with all that they lead to.
local function keep_for_collector(ids)
  if not ids then return end
  for from = 1, #ids, 1000 do
    redis.call('RPUSH', KEYS[8], unpack(ids, from, math.min(from + 999, #ids)))
  end
end
