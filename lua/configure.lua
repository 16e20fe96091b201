-- configure.lua: changes and reads the store's settings.
-- KEYS  1 meta (hash)
-- ARGV  1 the format that the caller takes the store for   2 number of changes; then for each change:
--       field, `config.` and a name; value, '' to take it away
--         or `counting` and a word of the caller's, to begin counting what is there; then `counted` and that word,
--         objects and bytes: what was there, unless somebody else has begun meanwhile
--       then fields to read, after the changes; `config.*` for all settings
-- Reply for each field that is read: its value, '' for none; after them, for `config.*`, which is '' itself,
--       field and value of every setting
-- Error BADSETTING field   no setting is kept there
--       NOSTORE, FORMAT    the store is gone or another version's
-- Cost  O(fields)
-- @include lib/meta.lua
return guarded(function()
  check_format(redis.call('HGET', KEYS[1], 'format'), ARGV[1])
  local first = 3 + 2 * tonumber(ARGV[2])
  for at = 3, first - 2, 2 do
    if not string.find(ARGV[at], '^config%..') and ARGV[at] ~= 'counting' and ARGV[at] ~= 'counted' then
      fail('BADSETTING', ARGV[at])
    end
  end
  -- From here on the server lets it go on, also when its memory is full: it has written.
  if first > 3 then redis.call('HDEL', KEYS[1], '') end
  for at = 3, first - 2, 2 do
    -- Whoever is about to cut histories by other settings begins anew.
    if string.find(ARGV[at], '^config%.retention%.') then
      redis.call('HSET', KEYS[1], 'boundary', (redis.call('HGET', KEYS[1], 'boundary') or 0) + 1)
    end
    if ARGV[at] == 'counting' then
      redis.call('HSET', KEYS[1], 'counting', ARGV[at + 1], 'objects', '0', 'bytes', '0')
    elseif ARGV[at] == 'counted' then
      local word, objects, bytes = string.match(ARGV[at + 1], '^(%w+) (%d+) (%d+)$')
      if word and redis.call('HGET', KEYS[1], 'counting') == word then
        redis.call('HINCRBY', KEYS[1], 'objects', objects)
        redis.call('HINCRBY', KEYS[1], 'bytes', bytes)
        redis.call('HDEL', KEYS[1], 'counting')
      end
    elseif ARGV[at + 1] == '' then
      redis.call('HDEL', KEYS[1], ARGV[at])
    else
      redis.call('HSET', KEYS[1], ARGV[at], ARGV[at + 1])
    end
  end
  -- What a store holds is counted as long as something limits it.
  local quotas = redis.call('HMGET', KEYS[1], 'config.quota.objects', 'config.quota.bytes', 'objects')
  local is_limited = quotas[1] or quotas[2]
  if quotas[3] and not is_limited then redis.call('HDEL', KEYS[1], 'objects', 'bytes', 'counting') end
  if is_limited and not quotas[3] then redis.call('HSET', KEYS[1], 'objects', '0', 'bytes', '0') end
  local reply = {}
  local is_all = false
  for at = first, #ARGV do
    reply[#reply + 1] = redis.call('HGET', KEYS[1], ARGV[at]) or ''
    is_all = is_all or ARGV[at] == 'config.*'
  end
  if is_all then
    local fields = redis.call('HGETALL', KEYS[1])
    -- lint: allow loop: the few fields of a store's facts and settings
    for at = 1, #fields, 2 do
      if string.find(fields[at], '^config%.') then
        reply[#reply + 1] = fields[at]
        reply[#reply + 1] = fields[at + 1]
      end
    end
  end
  return reply
end)
