-- lib/order.lua: the order of bytes. The operator < follows the server's locale, Git does not.

local function bytes_less(a, b)
  local byte = string.byte
  local shorter = #a < #b and #a or #b
  for at = 1, shorter do
    local x, y = byte(a, at), byte(b, at)
    if x ~= y then return x < y end
  end
  return #a < #b
end
