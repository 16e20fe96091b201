-- lib/object_scan.lua: steps through all objects, also while a collection moves them: first `objects`,
-- KEYS[1], then `survivors`, KEYS[2]. When a collection ends, all of them are in `objects` in another
-- order, and the scan begins again.

-- The next cursor, `0` at the end, and fields and values of one step. A cursor is `0` at first; then the
-- number of collections that had ended, the number of the key and the key's own cursor.
local function scan_step(meta, cursor, count)
  local collected = redis.call('HGET', meta, 'collected') or '0'
  local epoch, number, at = string.match(cursor, '^(%d+):(%d):(%d+)$')
  if epoch ~= collected then number, at = '1', '0' end
  local scanned = redis.call('HSCAN', KEYS[tonumber(number)], at, 'COUNT', count)
  at = scanned[1]
  if at == '0' then
    if number == '2' or redis.call('EXISTS', KEYS[2]) == 0 then return '0', scanned[2] end
    number = '2'
  end
  return collected .. ':' .. number .. ':' .. at, scanned[2]
end
