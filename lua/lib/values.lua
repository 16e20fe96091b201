-- lib/values.lua: values that many writers change at once: each action is applied to what is there
-- at that moment. The library's `ValueAction` makes the same bytes.
--   increment  a counter: a decimal number of 64 bits and a line end; the operand is added
--   insert     a set: sorted lines, each once; the operand becomes one of them
--   discard    the same; the operand is no longer one of them
--   append     a log: lines; the operand becomes the last one
--   assign     a register: a line with a time in milliseconds, then the value; the operand is one,
--              and wins with the later time, or with the greater bytes at the same time
--   stamp      the same; the operand wins in any case, with a time after the one that was there
--   tally      a tally: a number and 16 hex digits, which every change makes new ones, so that two
--              branches never hold the same bytes by chance; the operand is an amount and digits
--   extend     a chunk of lines; the operand is a limit in bytes and lines, which come to its end
--              unless it is as large as that: `full`
--   shift      the same; as many lines as the operand says are taken from its start, and the chunk is
--              gone with the last one. Nothing there: `empty`
-- @include lib/order.lua

-- The content of a blob, nil for none, after an action; or nil and the reason of a conflict.
-- Its parts are made when it is called: a script makes all of its functions anew each time it runs.
local function change_value(action, old, operand)
  -- Adds two decimal integers of 64 bits, which Lua's numbers do not hold. nil when the sum is none.
  local function add_integers(a, b)
    if #a < 16 and #b < 16 then return string.format('%.0f', a + b) end
    -- High digits and the nine low ones apart, both with the sign.
    local function halves(text)
      local sign, digits = string.match(text, '^(%-?)(%d+)$')
      sign = sign == '-' and -1 or 1
      if #digits < 10 then return 0, sign * tonumber(digits) end
      return sign * tonumber(string.sub(digits, 1, -10)), sign * tonumber(string.sub(digits, -9))
    end
    local high, low = halves(a)
    local other_high, other_low = halves(b)
    high, low = high + other_high, low + other_low
    if low >= 1e9 then high, low = high + 1, low - 1e9 end
    if low <= -1e9 then high, low = high - 1, low + 1e9 end
    if high > 0 and low < 0 then high, low = high - 1, low + 1e9 end
    if high < 0 and low > 0 then high, low = high + 1, low - 1e9 end
    local sign = (high < 0 or low < 0) and '-' or ''
    high, low = math.abs(high), math.abs(low)
    local limit = sign == '-' and 854775808 or 854775807
    if high > 9223372036 or high == 9223372036 and low > limit then return nil end
    if high == 0 then return string.format('%s%.0f', sign, low) end
    return string.format('%s%.0f%09.0f', sign, high, low)
  end

  -- Whether a text is a number of 64 bits, as it is printed.
  local function is_integer(text)
    return text == '0' or string.find(text, '^%-?[1-9]%d*$') and #text <= 20
      and (#text < 19 or add_integers(text, '0') ~= nil)
  end

  local function increment(old, operand)
    local value = string.match(old, '^(.-)\n?$')
    if not is_integer(value) then return nil, 'kind' end
    local sum = add_integers(value, operand)
    if not sum then return nil, 'overflow' end
    return sum .. '\n'
  end

  -- Whether bytes are lines: each ended, none empty, no NUL.
  local function are_lines(text)
    return text == '' or string.sub(text, -1) == '\n' and string.sub(text, 1, 1) ~= '\n'
      and not string.find(text, '\n\n', 1, true) and not string.find(text, '\0', 1, true)
  end

  -- Where a line stands among sorted ones, or would: its start, and its end when it is there. nil when
  -- its neighbours are not in order.
  local function place_of_line(text, line)
    -- Halving the bytes, not the lines: the line that a byte belongs to is found from there.
    local find, sub = string.find, string.sub
    local low, high = 1, #text + 1
    while low < high do
      local start = math.floor((low + high) / 2)
      while start > low and string.byte(text, start - 1) ~= 10 do start = start - 1 end
      local stop = find(text, '\n', start, true)
      local other = sub(text, start, stop - 1)
      if other == line then return start, stop end
      if bytes_less(other, line) then low = stop + 1 else high = start end
    end
    return low
  end

  local function insert(old, operand)
    if not are_lines(old) then return nil, 'kind' end
    local start, stop = place_of_line(old, operand)
    if stop then return old end
    -- A line that stands elsewhere is in a file that is not sorted.
    if string.find('\n' .. old, '\n' .. operand .. '\n', 1, true) then return nil, 'kind' end
    return string.sub(old, 1, start - 1) .. operand .. '\n' .. string.sub(old, start)
  end

  local function discard(old, operand)
    if not are_lines(old) then return nil, 'kind' end
    local start, stop = place_of_line(old, operand)
    if stop then return string.sub(old, 1, start - 1) .. string.sub(old, stop + 1) end
    if string.find('\n' .. old, '\n' .. operand .. '\n', 1, true) then return nil, 'kind' end
    return old
  end

  local function append(old, operand)
    if not are_lines(old) then return nil, 'kind' end
    return old .. operand .. '\n'
  end

  local function assign(old, operand)
    if old == '' then return operand end
    local time, value = string.match(old, '^(%d+)\n(.*)$')
    if not time or #time > 15 then return nil, 'kind' end
    local new_time, new_value = string.match(operand, '^(%d+)\n(.*)$')
    local difference = new_time - time
    if difference > 0 or difference == 0 and bytes_less(value, new_value) then return operand end
    return old
  end

  local function stamp(old, operand)
    local time = string.match(old, '^(%d+)\n')
    if not time or #time > 15 then return nil, 'kind' end
    local new_time, new_value = string.match(operand, '^(%d+)\n(.*)$')
    if tonumber(new_time) > tonumber(time) then return operand end
    local next_time = string.format('%.0f', time + 1)
    if #next_time > 15 then return nil, 'overflow' end
    return next_time .. '\n' .. new_value
  end

  local function tally(old, operand)
    local amount, digits = string.match(operand, '^(%S+) (%x+)$')
    local value, rest = string.match(old, '^(%S+)(.*)$')
    local is_tally = rest == '' or rest == '\n' or rest and #rest == 18
      and string.find(rest, '^ [0-9a-f]+\n$')
    if not is_tally or not is_integer(value) then return nil, 'kind' end
    local sum = add_integers(value, amount)
    if not sum then return nil, 'overflow' end
    return sum .. ' ' .. digits .. '\n'
  end

  local function extend(old, operand)
    if not are_lines(old) then return nil, 'kind' end
    local limit, lines = string.match(operand, '^(%d+)\n(.*)$')
    if #old >= tonumber(limit) then return nil, 'full' end
    return old .. lines
  end

  local function shift(old, operand)
    if old == '' then return nil, 'empty' end
    if not are_lines(old) then return nil, 'kind' end
    local start = 1
    for _ = 1, tonumber(operand) do
      local stop = string.find(old, '\n', start, true)
      if not stop then return nil end
      start = stop + 1
    end
    if start > #old then return nil end
    return string.sub(old, start)
  end

  if action == 'increment' then
    if not old then return operand .. '\n' end
    return increment(old, operand)
  end
  if action == 'discard' then
    if not old then return nil end
    return discard(old, operand)
  end
  if action == 'tally' then return tally(old or '0', operand) end
  if action == 'stamp' then
    if not old then return operand end
    return stamp(old, operand)
  end
  old = old or ''
  if action == 'extend' then return extend(old, operand) end
  if action == 'shift' then return shift(old, operand) end
  if action == 'insert' then return insert(old, operand) end
  if action == 'append' then return append(old, operand) end
  return assign(old, operand)
end
