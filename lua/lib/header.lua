-- lib/header.lua: the header that a stored value begins with, `blob 12`, or `large 12` for a blob in chunks, from which its reader knows what it
-- is and how large: the only place that looks for it. '' where there is none.
local function header_of(bytes)
  local start = string.sub(bytes, 1, 48)
  return string.match(start, '^(%l+ %d+)%z') or string.match(start, '^(large %d+) %d+%z') or ''
end

-- Adds what a scan has met to a reply: id, header, bytes kept, and so on. Answers the bytes that it has read.
local function add_sizes(reply, fields)
  local seen = 0
  for at = 1, #fields, 2 do
    local size = #fields[at + 1]
    seen = seen + size
    -- What is empty was moved, and comes from where it is now.
    if size > 0 then
      reply[#reply + 1] = fields[at]
      reply[#reply + 1] = header_of(fields[at + 1])
      reply[#reply + 1] = size
    end
  end
  return seen
end
