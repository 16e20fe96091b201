-- lib/meta.lua: the store's own record: format, hash, position of the log, horizon of the tokens.
-- @include lib/failure.lua

-- Refuses to work on a store that is gone, being deleted or of another format. 1 keeps each directory as one
-- tree, 2 keeps wide ones as several. With `known`, it must be the one that the caller takes it for: under the
-- same name there may be another store by now. While garbage is collected a `+` follows, which versions that do
-- not know of collections refuse.
local function check_format(format, known)
  if format and string.sub(format, 2) == '+' then format = string.sub(format, 1, 1) end
  if (format == '1' or format == '2') and (not known or known == format) then return end
  if not format then fail('NOSTORE', 'the store does not exist any more') end
  fail('FORMAT', format)
end
