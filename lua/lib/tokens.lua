-- lib/tokens.lua: which requests have been applied, so that one that is sent again is not applied
-- again. Tokens are kept in two generations that take turns: when the newer one is full, or a minute
-- old and not nearly empty, the older one goes at once.
-- @include lib/failure.lua

-- The store's record, as the functions below and those of lib/rules.lua take it.
local function read_meta(key)
  return redis.call('HMGET', key, 'format', 'hash', 'position', 'log', 'tokens', 'horizon', 'rotated',
    'generation', 'turned', 'layout', 'config.receive.denyDeletes',
    'config.receive.denyNonFastForwards', 'config.receive.protected', 'collecting', 'config.quota.objects',
    'config.quota.bytes', 'objects', 'bytes')
end

-- What a request has left, as `remember_token` keeps it; or else nothing and, if it was settled without
-- a change, its outcome, as `settle_token` keeps it; third, the request's digest.
-- `since`: the newest position that was known before the first attempt, '' for none known. Before it
--   `+` on the first attempt itself: that one, too, is looked for, because it may arrive after its
--       repetition, over a connection that the client has given up;
--   `~` on an attempt that its writer will follow by others, whatever comes of it;
-- after it, for a token that a program has kept, a space and a digest of the request, so that the
-- token is not taken for another one.
local function find_token(token, since, meta)
  if token == '' then return nil, nil, '' end
  local done = redis.call('HGET', KEYS[6], token) or redis.call('HGET', KEYS[7], token)
  local position, digest = tonumber(since), ''
  if not position and since ~= '' then
    position, digest = string.match(since, '^[+~]?(%d+) ?(%x*)$')
    position = tonumber(position)
  end
  if not done then
    if position and position < tonumber(meta[6]) then fail('EXPIRED', meta[3]) end
    return nil, nil, digest
  end
  if digest ~= '' then
    if string.sub(done, 1, #digest) ~= digest then fail('REUSED', 'the token is of another request') end
    done = string.sub(done, #digest + 1)
  end
  if done == 'unchanged' or done == 'refused' then return nil, done, digest end
  return done, nil, digest
end

-- The answer to a request that was applied before: what it left in each of its `count` places.
local function done_reply(done, count, meta)
  local width = meta[2] == 'sha1' and 20 or 32
  local reply = {'done', tonumber(string.sub(done, width * count + 1))}
  for number = 1, count do
    local id = string.sub(done, width * (number - 1) + 1, width * number)
    reply[number + 2] = string.find(id, '[^%z]') and id or ''
  end
  return reply
end

-- The generation that takes the next token; with so many `held` it may be the other one's turn.
-- `position` is the newest of the log before the request.
local function newer_generation(held, position, time, meta)
  local generation = tonumber(meta[8])
  if held >= tonumber(meta[5]) or held >= 4096 and time - meta[9] > 60000 then
    generation = 1 - generation
    redis.call('UNLINK', KEYS[6 + generation])
    redis.call('HSET', KEYS[5], 'horizon', meta[7], 'rotated', position, 'generation', generation,
      'turned', time)
  end
  return KEYS[6 + generation]
end

-- Keeps the ids that a request has left, '' for none, and its position.
local function remember_token(token, digest, ids, position, time, meta)
  -- A position has one token at most, so a generation holds no more than the positions since it turned.
  local key = newer_generation(position - 1 - meta[7], position - 1, time, meta)
  local record = ids[1]
  if #ids > 1 or record == '' then
    local none = string.rep('\0', meta[2] == 'sha1' and 20 or 32)
    record = ''
    for _, id in ipairs(ids) do record = record .. (id ~= '' and id or none) end
  end
  redis.call('HSET', key, token, digest .. record .. position)
end

-- Keeps that a repeated request was answered `unchanged` or `refused`: an earlier attempt may still be
-- on its way, over a connection that the client has given up, and must find nothing to do when it
-- comes. The first attempt has none before it, and needs no memory.
local function settle_token(token, since, digest, outcome, time, meta)
  if token == '' or since == '' then return end
  local first = string.byte(since)
  if first == 43 or first == 126 then return end
  local held = redis.call('HLEN', KEYS[6 + tonumber(meta[8])])
  redis.call('HSET', newer_generation(held, tonumber(meta[3]), time, meta), token, digest .. outcome)
end
