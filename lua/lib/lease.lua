-- lib/lease.lua: leases, which keep a collection from ending while something that it has not seen is on
-- its way to a ref, and which keep a commit that is being read. A lease that its holder no longer renews
-- runs out by itself.
-- By id: when it runs out, in milliseconds since 1970; how many collections had begun when it did; how long
-- it lasts without being renewed; raw ids that are kept, one after another.
-- @include lib/failure.lua
-- @include lib/log.lua

local function write_lease(leases, id, begun, length, kept)
  redis.call('HSET', leases, id,
    string.format('%.0f %s %s ', now() + length, begun, length) .. kept)
end

-- When a lease runs out, the collections that had begun, its length, and what it keeps.
local function read_lease(value)
  local _, last, runs_out, begun, length = string.find(value, '^(%d+) (%d+) (%d+) ')
  return tonumber(runs_out), tonumber(begun), tonumber(length), string.sub(value, last + 1)
end

local function renew_lease(leases, id)
  local value = redis.call('HGET', leases, id)
  if not value then fail('LEASE', '') end
  local runs_out, begun, length, kept = read_lease(value)
  if runs_out < tonumber(now()) then fail('LEASE', '') end
  write_lease(leases, id, begun, length, kept)
end
