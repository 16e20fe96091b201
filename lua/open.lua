-- open.lua: placeholder
-- KEYS  1 meta (hash)
-- Cost  O(1); reads only
return 1
