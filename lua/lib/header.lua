-- lib/header.lua: the header that a stored value begins with, `blob 12`, or `large 12` for a blob in chunks, from which its reader knows what it
-- is and how large: the only place that looks for it. '' where there is none.
local function header_of(bytes)
  local start = string.sub(bytes, 1, 48)
  return string.match(start, '^(%l+ %d+)%z') or string.match(start, '^(large %d+) %d+%z') or ''
end
