-- sample_sizes.lua: what some objects are and how large, of all over the store.
-- KEYS  1 objects (hash)   2 survivors (hash)
-- ARGV  1 objects at each place   2 bytes after which no further place is read   3.. places, from 0 to below 2^32,
--       which the caller draws
-- Reply {id, header, bytes kept, ...}: the header is such as `blob 12`, '' for what has none; an object may
--       come more than once
-- Cost  O(places x objects at each, and their bytes); reads only
-- @include lib/header.lua
local first, second = redis.call('HLEN', KEYS[1]), redis.call('HLEN', KEYS[2])
local limit, seen, reply = tonumber(ARGV[2]), 0, {}
for at = 3, #ARGV do
  if seen > limit then break end
  -- A cursor is where it is in a table whose order has nothing to do with what objects are, or is that of
  -- their coming; from any of them the scan goes on.
  local place = math.floor(tonumber(ARGV[at]) / 4294967296 * (first + second))
  local key = KEYS[1]
  if place >= first then key, place = KEYS[2], place - first end
  -- lint: allow loop: the caller bounds the places
  local fields = redis.call('HSCAN', key, string.format('%.0f', place), 'COUNT', ARGV[1])[2]
  seen = seen + add_sizes(reply, fields)
end
return reply
