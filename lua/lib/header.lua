-- lib/header.lua: the header that a stored value begins with, `blob 12`, from which its reader knows what it
-- is and how large: the only place that looks for it. '' where there is none.
local function header_of(bytes)
  return string.match(string.sub(bytes, 1, 32), '^(%l+ %d+)%z') or ''
end
