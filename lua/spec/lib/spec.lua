-- lib/spec.lua: what the specs of the store's scripts say again and again, in the words that
-- `irminsul script test` gives every spec: describe, it, expect, scripts, keys.

-- These are told the format of the store as the caller knows it: here, what it has.
for _, name in ipairs({'commit', 'configure', 'put_objects', 'set_refs'}) do
  local script = scripts[name]
  scripts[name] = function(...)
    return script(string.sub(tostring(redis.pcall('HGET', keys.meta, 'format')), 1, 1) == '2' and '2' or '1', ...)
  end
end

-- A server-wide picture of the store, to see that a refused call has changed nothing.
local function snapshot()
  local picture = {}
  for _, name in ipairs({'objects', 'survivors', 'refs', 'meta', 'tokens_a', 'tokens_b', 'links'}) do
    local fields = redis.call('HGETALL', keys[name])
    local pairs_of = {}
    for at = 1, #fields, 2 do pairs_of[#pairs_of + 1] = shown(fields[at]) .. '=' .. shown(fields[at + 1]) end
    table.sort(pairs_of)
    picture[#picture + 1] = table.concat(pairs_of, ' ')
  end
  picture[#picture + 1] = tostring(redis.call('XLEN', keys.log))
  return picture
end

-- Takes away all that a store has.
local function forget_store()
  for _, name in ipairs({'objects', 'survivors', 'refs', 'log', 'meta', 'tokens_a', 'tokens_b', 'links',
    'leases', 'worklist', 'shallow', 'collection'}) do
    redis.call('DEL', keys[name])
  end
end

-- A fresh store, with room for `log` entries and `tokens` tokens a generation.
local function fresh_store(log, tokens)
  return scripts.create('1', 'sha1', 'refs/heads/main', log or '1000', tokens or '1000', 'id', 'git')
end

local function raw(hex)
  return (string.gsub(hex, '..', function(pair) return string.char(tonumber(pair, 16)) end))
end

local function framed(kind, content)
  return kind .. ' ' .. #content .. '\0' .. content
end

local function id_of(bytes)
  return raw(redis.sha1hex(bytes))
end

-- Stores objects without a lease and answers how many were new.
local function put_objects(...)
  local reply = scripts.put_objects('', ...)
  return reply.err and reply or reply[1]
end

local explanation = framed('blob',
  'This folder is a part of a wide directory, which Irminsul keeps as a trie of small trees.\n'
  .. 'The name of this file tells how many entries are below and, after a second space, which digits of\n'
  .. 'their names they have in common; folders named "!x" hold those whose name goes on with the\n'
  .. 'hexadecimal digit x. The entries themselves have their own names (after a "%" if they begin with\n'
  .. 'a space, "!" or "%"): git ls-files finds them.\n')

-- As fresh_store, with wide directories.
local function fresh_wide_store()
  return scripts.create('2', 'sha1', 'refs/heads/main', '1000', '1000', 'id', 'wide',
    id_of(explanation), explanation)
end

local person = 'A U Thor <author@example.org> 1700000000 +0000'

local function before(a, b)
  for at = 1, math.min(#a, #b) do
    local x, y = string.byte(a, at), string.byte(b, at)
    if x ~= y then return x < y end
  end
  return #a < #b
end

-- The arguments that stand for one branch of a request:
-- {ref=, head=, parents=, message=, flags=, edits...}; an edit is {path, expectation, action, mode,
-- value}.
local function branch_arguments(branch, arguments)
  for _, argument in ipairs({branch.ref or 'refs/heads/main', branch.head or '*',
    branch.parents or '*', person, branch.committer or '', branch.message or 'message\n',
    branch.flags or '', tostring(#branch)}) do
    arguments[#arguments + 1] = argument
  end
  -- As a client sorts them: by path, with / before any other byte, else in the order given.
  local edits = {}
  for number, edit in ipairs(branch) do
    edits[number] = {key = (string.gsub(edit[1], '/', '\0')), number = number, edit = edit}
  end
  if not branch.unsorted then
    table.sort(edits, function(a, b)
      if a.key == b.key then return a.number < b.number end
      return before(a.key, b.key)
    end)
  end
  for _, item in ipairs(edits) do
    for field = 1, 5 do arguments[#arguments + 1] = item.edit[field] or '' end
  end
end

-- commit{token=, since=, objects={}, and the fields of one branch}, or with branches={...} of several.
local function commit(request)
  local arguments = {request.token or '', request.since or '', tostring(#(request.objects or {}))}
  for _, object in ipairs(request.objects or {}) do arguments[#arguments + 1] = object end
  for _, branch in ipairs(request.branches or {request}) do branch_arguments(branch, arguments) end
  return scripts.commit(unpack(arguments))
end

local function set(path, text, expectation)
  return {path, expectation or '*', 'blob', '100644', framed('blob', text)}
end

local function remove(path, expectation)
  return {path, expectation or '*', 'remove'}
end

-- find.lua in the layout of the store.
local function find(kind, start, detail, ...)
  local layout = redis.call('HGET', keys.meta, 'layout') or 'git'
  return scripts.find(kind, start, detail, layout, ...)
end

local function text_at(path, ref)
  local arguments = {'ref', ref or 'refs/heads/main', 'bytes'}
  for step in string.gmatch(path, '[^/]+') do arguments[#arguments + 1] = step end
  local reply = find(unpack(arguments))
  if not reply[4] then return nil end
  return string.sub(reply[4], string.find(reply[4], '\0', 1, true) + 1)
end

-- Stores a commit that ends with its headers, without the empty line before a message, and answers its id.
local function put_headers(parent)
  local _, _, tree = string.find(redis.call('HGET', keys.objects, parent), 'tree (%x+)')
  local hex = string.gsub(parent, '.', function(c) return string.format('%02x', string.byte(c)) end)
  local bytes = framed('commit', 'tree ' .. tree .. '\nparent ' .. hex .. '\nauthor ' .. person
    .. '\ncommitter ' .. person .. '\n')
  put_objects(id_of(bytes), bytes)
  return id_of(bytes)
end

-- What is left of a tree whose last entry is cut off: in the mode, in the name or in the id.
local cut_entries = {'1', '100644 x', '100644 x\0short'}

-- set_refs without a token.
local function set_refs(...)
  return scripts.set_refs('', '', '', ...)
end
