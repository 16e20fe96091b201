-- lib/failure.lua: refusing from any depth with a named error reply, before anything is written.

-- Raised as a table, which `guarded` gives back as the script's error reply on every server
-- version; Redis before 7 would print a raised table as nothing.
local function fail(code, text)
  error({err = code .. ' ' .. text})
end

local function guarded(body)
  local ok, reply = pcall(body)
  if ok then return reply end
  -- coverage: allow servers since Redis 7 hand over a raised table as its text
  if type(reply) == 'table' then return reply end
  return redis.error_reply(reply)
end
