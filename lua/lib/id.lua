-- lib/id.lua: object ids, as 20 (SHA-1) or 32 (SHA-256) raw bytes and as hexadecimal digits.

-- struct works on four bytes at a time, several times faster than gsub on each byte.
local function raw_id(hex)
  local number, sub = tonumber, string.sub
  if #hex == 40 then
    return struct.pack('>I4I4I4I4I4', number(sub(hex, 1, 8), 16), number(sub(hex, 9, 16), 16),
      number(sub(hex, 17, 24), 16), number(sub(hex, 25, 32), 16), number(sub(hex, 33, 40), 16))
  end
  local words = {}
  for at = 1, #hex, 8 do
    words[#words + 1] = struct.pack('>I4', number(sub(hex, at, at + 7), 16))
  end
  return table.concat(words)
end

local function hex_id(raw)
  if #raw == 20 then
    return string.format('%08x%08x%08x%08x%08x', struct.unpack('>I4I4I4I4I4', raw))
  end
  local words = {}
  for at = 1, #raw - 3, 4 do
    words[#words + 1] = string.format('%08x', (struct.unpack('>I4', raw, at)))
  end
  return table.concat(words)
end
