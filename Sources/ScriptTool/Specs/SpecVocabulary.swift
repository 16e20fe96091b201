/// The words that every spec has, in Lua that runs on 5.1 and 5.4: it stands before the scripts and the spec, so that the
/// whole is one script for any server.
///
/// ARGV[1] is `list`, or the number of the `it` to run; ARGV[2] is `record` to have every reply; ARGV[3] is
/// `declared` where scripts may use only the keys that they are given.
enum SpecVocabulary {
  static let text = #"""
    local server, redis = redis, {}
    local describe, it, before_each, expect, run, shown, spec_result, spec_branch
    local scripts, keys, spec_bodies, spec_bind = {}, {}, {}, nil
    do
      local wanted, records, is_strict = ARGV[1], ARGV[2] == 'record', ARGV[3] == 'declared'
      -- The keys of the script that runs, where it may use no others.
      local declared = nil
      local trail, setups, count, found, calls, marks = {}, {}, 0, {'list'}, {}, {}
      -- Where each of `calls` was asked for, and where the present one is.
      local places, caller = {}, ''
      local status, message, place, refused = 'none', '', '', false
      -- What Redis leaves open: '' nothing, `order` of elements, `replies` from here on, `keyspace` as well.
      local open = ''

      -- Where the caller at a level stands, as `user_script:12: `.
      local function position(level)
        local _, text = pcall(error, '', level + 1)
        return tostring(text)
      end

      shown = function(value)
        if type(value) == 'string' then
          return '"' .. string.gsub(value, '[^\32-\126]', function(c)
            return string.format('\\x%02x', string.byte(c))
          end) .. '"'
        end
        if type(value) ~= 'table' then return tostring(value) end
        local parts, named = {}, {}
        for _, part in ipairs(value) do parts[#parts + 1] = shown(part) end
        for name, part in pairs(value) do
          local is_listed = type(name) == 'number' and name >= 1 and name <= #parts
          if not is_listed then named[#named + 1] = tostring(name) .. '=' .. shown(part) end
        end
        table.sort(named)
        for _, part in ipairs(named) do parts[#parts + 1] = part end
        return '{' .. table.concat(parts, ', ') .. '}'
      end

      local unordered = {HGETALL = 1, HKEYS = 1, HVALS = 1, SMEMBERS = 1, SINTER = 1, SUNION = 1,
        SDIFF = 1, KEYS = 1, SORT = 1}
      local chosen = {SPOP = 1, SRANDMEMBER = 1, RANDOMKEY = 1, HRANDFIELD = 1, ZRANDMEMBER = 1}
      local scans = {SCAN = 1, HSCAN = 1, SSCAN = 1, ZSCAN = 1}

      local function sorted(value)
        if type(value) ~= 'table' then return shown(value) end
        local parts = {}
        for _, part in ipairs(value) do parts[#parts + 1] = shown(part) end
        table.sort(parts)
        return '{' .. table.concat(parts, ', ') .. '}'
      end

      local function short(text)
        if #text <= 400 then return text end
        return string.sub(text, 1, 360) .. '... sha1 ' .. server.sha1hex(text)
      end

      -- Whether a stream is trimmed by `~` and has so many entries that a server may choose which.
      local function is_roughly_trimmed(upper, words, key)
        if upper ~= 'XADD' and upper ~= 'XTRIM' then return false end
        if not string.find(table.concat(words, ' '), '"~"', 1, true) then return false end
        local length = server.pcall('XLEN', key)
        return type(length) == 'number' and length > 100
      end

      -- What a command answered; an answer that Redis leaves open is told without what is open.
      local function note_call(reply, name, ...)
        local upper = string.upper(tostring(name))
        local words = {upper}
        for at = 1, select('#', ...) do words[at + 1] = shown((select(at, ...))) end
        if chosen[upper] then
          open = 'keyspace'
        elseif open ~= 'keyspace' and (scans[upper] or is_roughly_trimmed(upper, words, (...))) then
          open = scans[upper] and 'replies' or 'keyspace'
        end
        if open == 'replies' or open == 'keyspace' then return end
        local answer
        if upper == 'XADD' and string.find(table.concat(words, ' '), '"*"', 1, true) then
          answer, open = type(reply), 'order'
        elseif unordered[upper] then
          answer, open = sorted(reply), 'order'
        else
          answer = shown(type(reply) == 'table' and reply.err and {err = reply.err} or reply)
        end
        calls[#calls + 1] = short(table.concat(words, ' ')) .. ' -> ' .. short(answer)
        places[#calls] = caller
      end

      -- The first key of a call that the script has not been given.
      local function undeclared_key(...)
        local used = server.pcall('COMMAND', 'GETKEYS', ...)
        if used.err then return nil end
        for _, key in ipairs(used) do
          if not declared[key] then return key end
        end
      end

      local function answer_of(...)
        local key = declared and undeclared_key(...)
        if key then return {err = 'ERR the script uses the key ' .. shown(key) .. ', which is not in KEYS'} end
        -- Two hosts would be asked at two times.
        if records and string.upper(tostring((...))) == 'TIME' then return {'1700000000', '0'} end
        local reply = server.pcall(...)
        if records then note_call(reply, ...) end
        return reply
      end

      redis.pcall = function(...)
        if records then caller = position(3) end
        local reply = answer_of(...)
        return reply
      end
      redis.call = function(...)
        if records then caller = position(3) end
        local reply = answer_of(...)
        if type(reply) == 'table' and reply.err then
          place, refused = position(3), reply.err
          error(reply, 0)
        end
        return reply
      end
      setmetatable(redis, {__index = server})

      local function same(a, b)
        if type(a) == 'table' and type(b) == 'string' then a = a.ok end
        if type(b) == 'table' and type(a) == 'string' then b = b.ok end
        if type(a) ~= 'table' or type(b) ~= 'table' then return a == b end
        for name, value in pairs(a) do
          if not same(value, b[name]) then return false end
        end
        for name in pairs(b) do
          if a[name] == nil then return false end
        end
        return true
      end

      local function error_text(problem)
        if type(problem) == 'table' then problem = problem.err or 'an error table without err' end
        return tostring(problem)
      end

      local function full_name(name)
        local words = {}
        for at = 1, #trail do words[at] = trail[at] end
        words[#words + 1] = name
        return table.concat(words, ' ')
      end

      describe = function(name, body)
        trail[#trail + 1] = name
        local outer = #setups
        body()
        for at = #setups, outer + 1, -1 do setups[at] = nil end
        trail[#trail] = nil
      end

      before_each = function(body) setups[#setups + 1] = body end

      it = function(name, body)
        count = count + 1
        if wanted == 'list' then
          found[#found + 1] = full_name(name)
          found[#found + 1] = position(3)
          return
        end
        if tostring(count) ~= wanted then return end
        local ok, problem = pcall(function()
          for at = 1, #setups do setups[at]() end
          body()
        end)
        status = ok and 'ok' or 'not ok'
        if ok then return end
        message = error_text(problem)
        local own = string.match(message, '^user_script:%d+: ')
        if own then
          place, message = own, string.sub(message, #own + 1)
        elseif refused ~= message then
          place = ''
        end
      end

      expect = function(value)
        local function check(ok, relation, other)
          if not ok then error('expected ' .. shown(value) .. relation .. other, 3) end
        end
        return {
          equals = function(other) check(same(value, other), ' to equal ', shown(other)) end,
          differs_from = function(other)
            check(not same(value, other), ' to differ from ', shown(other))
          end,
          contains = function(part)
            local holds = type(value) == 'string' and string.find(value, part, 1, true)
            for _, element in ipairs(type(value) == 'table' and value or {}) do
              holds = holds or same(element, part)
            end
            check(holds, ' to contain ', shown(part))
          end,
          matches = function(pattern)
            check(type(value) == 'string' and string.find(value, pattern), ' to match ', shown(pattern))
          end,
          fails_with = function(code)
            local problem = value
            if type(value) == 'function' then
              local ok, reason = pcall(value)
              problem = not ok and {err = error_text(reason)} or reason
              value = problem
            end
            local text = type(problem) == 'table' and type(problem.err) == 'string' and problem.err or ''
            text = string.gsub(text, '^user_script:%d+: ', '')
            check(text == code or string.sub(text, 1, #code + 1) == code .. ' ', ' to be an error ', code)
          end,
        }
      end

      -- What a client is sent for a value that a script returns.
      local function reply_of(value)
        if type(value) == 'number' then
          return value >= 0 and math.floor(value) or math.ceil(value)
        end
        if value == true then return 1 end
        if type(value) ~= 'table' then return value end
        if value.err then return {err = value.err} end
        if value.ok then return value.ok end
        local list = {}
        for at, part in ipairs(value) do list[at] = reply_of(part) end
        return list
      end

      local function texts(values, what)
        local list = {}
        for at = 1, #values do
          local kind = type(values[at])
          if kind ~= 'string' and kind ~= 'number' then
            error(what .. ' ' .. at .. ' is a ' .. kind .. ': a client sends strings', 4)
          end
          list[at] = tostring(values[at])
        end
        return list
      end

      local function call_script(name, own_keys, arguments)
        local body = spec_bodies[name]
        if not body then error('there is no script ' .. shown(name), 3) end
        local from = records and position(4)
        own_keys, arguments = texts(own_keys, 'key'), texts(arguments, 'argument')
        local answer
        if is_strict then
          declared = {}
          for at = 1, #own_keys do declared[own_keys[at]] = true end
          local ok, problem = pcall(body, own_keys, arguments)
          declared = nil
          if not ok then error(problem, 0) end
          answer = problem
        else
          answer = body(own_keys, arguments)
        end
        local reply = reply_of(answer)
        if records and (open == '' or open == 'order') then
          calls[#calls + 1] = name .. ' -> ' .. short(open == '' and shown(reply) or sorted(reply))
          places[#calls] = from
        end
        if reply == false then return nil end
        return reply
      end

      run = function(name, own_keys, arguments)
        return (call_script(name, own_keys or {}, arguments or {}))
      end

      spec_bind = function(name, names)
        scripts[name] = function(...)
          local own_keys = {}
          for at, key in ipairs(names) do own_keys[at] = keys[key] end
          return (call_script(name, own_keys, {...}))
        end
      end

      spec_branch = function(number, value)
        marks[value and 2 * number or 2 * number - 1] = true
        return value
      end

      spec_result = function()
        if wanted == 'list' then return found end
        local numbers = {}
        for number in pairs(marks) do numbers[#numbers + 1] = number end
        return {status, message, place, open, calls, numbers, places}
      end
    end
    """#
}
