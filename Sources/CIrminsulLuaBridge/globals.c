// The globals that scripts see: Lua 5.4 in the dress of Redis' 5.1, sandboxed.
//
// What stays different from 5.1 is listed in the documentation of EmbeddedHost.
#include "state.h"

const char irminsul_globals_key = 0, irminsul_view_key = 0;

/// Registry key of the set of read-only views.
static const char views_key = 0;

// MARK: 5.1's base functions

static int loaded(lua_State *L, int status) {
  if (status == LUA_OK) {
    lua_pop(L, 1);
    return 1;
  }
  lua_pushnil(L);
  lua_insert(L, -2);
  return 2;
}

static int load_string(lua_State *L) {
  size_t length;
  const char *text = irminsul_check_string(L, 1, &length);
  const char *name = lua_isnoneornil(L, 2) ? text : irminsul_check_string(L, 2, NULL);
  irminsul_count_bytes(L, length * 16);
  return loaded(L, irminsul_load(L, text, length, name, 1));
}

/// All that a function answers until it answers nothing, as one text.
static int read_pieces(lua_State *L) {
  lua_newtable(L);
  lua_Integer count = 0;
  luaL_Buffer buffer;
  for (;;) {
    // A C function may go on for ever, with no instruction to count.
    irminsul_check_time(L);
    lua_pushvalue(L, 1);
    lua_call(L, 0, 1);
    if (lua_isnil(L, -1)) break;
    if (!lua_isstring(L, -1)) return luaL_error(L, "reader function must return a string");
    irminsul_push_text(L, -1);
    lua_replace(L, -2);
    if (lua_rawlen(L, -1) == 0) break;
    lua_rawseti(L, 2, ++count);
  }
  lua_settop(L, 2);
  luaL_buffinit(L, &buffer);
  for (lua_Integer i = 1; i <= count; i++) {
    lua_rawgeti(L, 2, i);
    luaL_addvalue(&buffer);
  }
  luaL_pushresult(&buffer);
  return 1;
}

static int load_pieces(lua_State *L) {
  const char *name = lua_isnoneornil(L, 2) ? "=(load)" : irminsul_check_string(L, 2, NULL);
  irminsul_check_type(L, 1, LUA_TFUNCTION);
  lua_settop(L, 2);
  lua_pushcfunction(L, read_pieces);
  lua_pushvalue(L, 1);
  int status = lua_pcall(L, 1, 1, 0);
  if (status != LUA_OK) return loaded(L, status);
  size_t length;
  const char *text = lua_tolstring(L, -1, &length);
  return loaded(L, irminsul_load(L, text, length, name, 1));
}

/// pcall as Redis has it: of an error table only the text is handed out.
static int protected_call(lua_State *L) {
  luaL_checkany(L, 1);
  int status = lua_pcall(L, lua_gettop(L) - 1, LUA_MULTRET, 0);
  if (status == LUA_OK) {
    lua_pushboolean(L, 1);
    lua_insert(L, 1);
    return lua_gettop(L);
  }
  irminsul_reword(L);
  if (lua_istable(L, -1)) {
    lua_getfield(L, -1, "err");
    // What else is there comes as a third result.
    if (lua_isstring(L, -1)) lua_replace(L, -2);
  }
  lua_pushboolean(L, 0);
  lua_insert(L, 1);
  return lua_gettop(L);
}

/// error as in 5.1, where a number gets a position in front, too.
static int raise_error(lua_State *L) {
  int level = lua_isnoneornil(L, 2) ? 1 : (int)irminsul_check_integer(L, 2);
  lua_settop(L, 1);
  if (lua_isstring(L, 1) && level > 0) {
    luaL_where(L, level);
    irminsul_push_text(L, 1);
    lua_concat(L, 2);
  }
  irminsul_of(L)->own_message = lua_topointer(L, -1);
  return lua_error(L);
}

void irminsul_add_view(lua_State *L) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &views_key);
  lua_pushvalue(L, -2);
  lua_pushboolean(L, 1);
  lua_rawset(L, -3);
  lua_pop(L, 1);
}

bool irminsul_is_view(lua_State *L, int index) {
  lua_pushvalue(L, index);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &views_key);
  lua_insert(L, -2);
  bool found = lua_rawget(L, -2) != LUA_TNIL;
  lua_pop(L, 2);
  return found;
}

void irminsul_see_through(lua_State *L) {
  if (!lua_getmetatable(L, -1)) return;
  lua_pop(L, 1);
  if (!irminsul_is_view(L, -1)) return;
  lua_getmetatable(L, -1);
  lua_getfield(L, -1, "__index");
  lua_replace(L, -3);
  lua_pop(L, 1);
}

int irminsul_refuse_modification(lua_State *L) {
  return luaL_error(L, "Attempt to modify a readonly table");
}

static int raw_set(lua_State *L) {
  irminsul_check_type(L, 1, LUA_TTABLE);
  luaL_checkany(L, 2);
  luaL_checkany(L, 3);
  lua_settop(L, 3);
  if (irminsul_is_view(L, 1)) {
    lua_pushliteral(L, "Attempt to modify a readonly table");
    return lua_error(L);
  }
  lua_rawset(L, 1);
  return 1;
}

static int set_metatable(lua_State *L) {
  irminsul_check_type(L, 1, LUA_TTABLE);
  int type = lua_type(L, 2);
  luaL_argcheck(L, type == LUA_TNIL || type == LUA_TTABLE, 2, "nil or table expected");
  lua_settop(L, 2);
  if (irminsul_is_view(L, 1)) {
    lua_pushliteral(L, "Attempt to modify a readonly table");
    return lua_error(L);
  }
  if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL) {
    return luaL_error(L, "cannot change a protected metatable");
  }
  // Tables have no finalizers in 5.1, and in a finalizer the time limit does not hold.
  bool finalizes = false;
  if (type == LUA_TTABLE) {
    lua_pushliteral(L, "__gc");
    finalizes = lua_rawget(L, 2) != LUA_TNIL;
    if (finalizes) {
      lua_pushliteral(L, "__gc");
      lua_pushnil(L);
      lua_rawset(L, 2);
    } else {
      lua_pop(L, 1);
    }
  }
  lua_pushvalue(L, 2);
  lua_setmetatable(L, 1);
  if (finalizes) {
    lua_pushliteral(L, "__gc");
    lua_insert(L, -2);
    lua_rawset(L, 2);
  }
  lua_settop(L, 1);
  return 1;
}

/// What 5.1's collector answers to a step: whether that ended a cycle, which takes about one unit of work for 3 KiB.
static bool ends_cycle(lua_State *L, int64_t size) {
  irminsul_lua *lua = irminsul_of(L);
  int64_t cycle = lua_gc(L, LUA_GCCOUNT) / 3;
  if (size >= 0 && size < cycle) {
    lua->collected += size + 1;
    if (lua->collected < cycle) return false;
  }
  lua->collected = 0;
  irminsul_check_time(L);
  lua_gc(L, LUA_GCCOLLECT);
  return true;
}

static int collect_garbage(lua_State *L) {
  // Settings end with the script, and change only what is answered.
  static const char *const options[] = {
      "collect", "count", "step", "stop", "restart", "setpause", "setstepmul", NULL};
  const char *option = lua_isnoneornil(L, 1) ? options[0] : irminsul_check_string(L, 1, NULL);
  int kind = 0;
  while (options[kind] && strcmp(options[kind], option) != 0) kind++;
  if (!options[kind]) {
    return luaL_argerror(L, 1, lua_pushfstring(L, "invalid option '%s'", option));
  }
  int size = lua_isnoneornil(L, 2) ? 0 : (int)irminsul_check_integer(L, 2);
  switch (kind) {
    case 0:
      // Long enough for a loop in C that calls it, as gsub has one, to outlast the time limit.
      irminsul_check_time(L);
      lua_gc(L, LUA_GCCOLLECT);
      lua_pushnumber(L, 0);
      break;
    case 1:
      lua_pushnumber(L, lua_gc(L, LUA_GCCOUNT) + lua_gc(L, LUA_GCCOUNTB) / 1024.0);
      break;
    case 2:
      lua_pushboolean(L, ends_cycle(L, size));
      break;
    case 5:
    case 6:
      lua_pushnumber(L, irminsul_of(L)->collector[kind - 5]);
      irminsul_of(L)->collector[kind - 5] = size;
      break;
    default:
      lua_pushnumber(L, 0);
  }
  return 1;
}

static int gc_info(lua_State *L) {
  lua_pushnumber(L, lua_gc(L, LUA_GCCOUNT));
  return 1;
}

// MARK: 5.1's table functions

static int get_n(lua_State *L) {
  irminsul_check_type(L, 1, LUA_TTABLE);
  lua_pushnumber(L, (double)lua_rawlen(L, 1));
  return 1;
}

static int set_n(lua_State *L) { return luaL_error(L, "'setn' is obsolete"); }

static int max_n(lua_State *L) {
  irminsul_check_type(L, 1, LUA_TTABLE);
  double largest = 0;
  lua_pushnil(L);
  while (lua_next(L, 1)) {
    lua_pop(L, 1);
    if (lua_type(L, -1) == LUA_TNUMBER && lua_tonumber(L, -1) > largest) {
      largest = lua_tonumber(L, -1);
    }
  }
  lua_pushnumber(L, largest);
  return 1;
}

static int for_each(lua_State *L) {
  irminsul_check_type(L, 1, LUA_TTABLE);
  irminsul_check_type(L, 2, LUA_TFUNCTION);
  lua_settop(L, 2);
  lua_pushvalue(L, 1);
  irminsul_see_through(L);
  lua_replace(L, 1);
  lua_pushnil(L);
  while (lua_next(L, 1)) {
    lua_pushvalue(L, 2);
    lua_pushvalue(L, -3);
    lua_pushvalue(L, -3);
    lua_call(L, 2, 1);
    if (!lua_isnil(L, -1)) return 1;
    lua_pop(L, 2);
  }
  return 0;
}

static int for_each_index(lua_State *L) {
  irminsul_check_type(L, 1, LUA_TTABLE);
  irminsul_check_type(L, 2, LUA_TFUNCTION);
  lua_Integer count = (lua_Integer)lua_rawlen(L, 1);
  for (lua_Integer i = 1; i <= count; i++) {
    lua_pushvalue(L, 2);
    lua_pushnumber(L, (double)i);
    lua_rawgeti(L, 1, i);
    lua_call(L, 2, 1);
    if (!lua_isnil(L, -1)) return 1;
    lua_pop(L, 1);
  }
  return 0;
}

/// unpack with 5.1's limit: what does not fit on a stack there must not fit here.
static int unpack(lua_State *L) {
  irminsul_check_type(L, 1, LUA_TTABLE);
  int first = lua_isnoneornil(L, 2) ? 1 : (int)irminsul_check_integer(L, 2);
  int last = lua_isnoneornil(L, 3) ? (int)lua_rawlen(L, 1) : (int)irminsul_check_integer(L, 3);
  if (first > last) return 0;
  int64_t count = (int64_t)last - first + 1;
  if (!irminsul_has_room(L, count, 0)) return luaL_error(L, "too many results to unpack");
  for (int64_t i = first; i <= last; i++) lua_rawgeti(L, 1, i);
  return (int)count;
}

// MARK: opening

static void remove_fields(lua_State *L, const char *const *names) {
  for (; *names; names++) {
    lua_pushnil(L);
    lua_setfield(L, -2, *names);
  }
}

static void open_base(lua_State *L) {
  static const char *const removed[] = {
      "dofile", "loadfile", "print", "require", "warn", "rawlen", NULL};
  static const luaL_Reg functions[] = {
      {"error", raise_error},
      {"pcall", protected_call},
      {"rawset", raw_set},
      {"setmetatable", set_metatable},
      {"collectgarbage", collect_garbage},
      {"gcinfo", gc_info},
      {"load", load_pieces},
      {"loadstring", load_string},
      {NULL, NULL},
  };
  luaL_requiref(L, LUA_GNAME, luaopen_base, 1);
  remove_fields(L, removed);
  luaL_setfuncs(L, functions, 0);
  irminsul_set_base_functions(L);
  lua_pushliteral(L, "Lua 5.1");
  lua_setfield(L, -2, "_VERSION");
  lua_pop(L, 1);
}

static void open_table(lua_State *L) {
  static const char *const removed[] = {"pack", "unpack", "move", NULL};
  static const luaL_Reg functions[] = {
      {"getn", get_n},           {"setn", set_n}, {"maxn", max_n}, {"foreach", for_each},
      {"foreachi", for_each_index}, {NULL, NULL},
  };
  luaL_requiref(L, LUA_TABLIBNAME, luaopen_table, 1);
  lua_pushcfunction(L, unpack);
  lua_setglobal(L, "unpack");
  remove_fields(L, removed);
  luaL_setfuncs(L, functions, 0);
  irminsul_set_table_functions(L);
  lua_pop(L, 1);
}

static void open_string(lua_State *L) {
  static const char *const removed[] = {"pack", "unpack", "packsize", NULL};
  luaL_requiref(L, LUA_STRLIBNAME, luaopen_string, 1);
  remove_fields(L, removed);
  irminsul_set_string_functions(L);
  lua_pop(L, 1);
}

void irminsul_open_globals(lua_State *L) {
  lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &irminsul_globals_key);
  open_base(L);
  open_table(L);
  open_string(L);
  // Messages name functions by how they are called; 5.4 would look them up here.
  lua_newtable(L);
  lua_setfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
}

// MARK: read-only views

/// Replaces the table at the top by a view of it that cannot be written.
void irminsul_make_view(lua_State *L) {
  lua_newtable(L);
  lua_createtable(L, 0, 3);
  lua_pushvalue(L, -3);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, irminsul_refuse_modification);
  lua_setfield(L, -2, "__newindex");
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_setmetatable(L, -2);
  irminsul_add_view(L);
  lua_replace(L, -2);
}

int irminsul_refuse_undefined(lua_State *L) {
  if (lua_gettop(L) != 2 || !lua_isstring(L, 2)) {
    return luaL_error(L, "Second argument to luaProtectedTableError must be a string or number");
  }
  return luaL_error(
      L, "Script attempted to access nonexistent global variable '%s'",
      irminsul_check_string(L, 2, NULL));
}

void irminsul_protect_globals(lua_State *L) {
  static const char *const libraries[] = {
      "string", "table", "math", "coroutine", "redis", "struct", "bit", "cjson", "cmsgpack", NULL};
  lua_newtable(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &views_key);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &irminsul_globals_key);
  for (const char *const *name = libraries; *name; name++) {
    if (lua_getfield(L, -1, *name) == LUA_TTABLE) {
      irminsul_make_view(L);
      lua_setfield(L, -2, *name);
    } else {
      lua_pop(L, 1);
    }
  }

  // getmetatable("") shows a view whose __index is the library that scripts see.
  lua_pushliteral(L, "");
  lua_getmetatable(L, -1);
  lua_newtable(L);
  lua_getfield(L, -4, "string");
  lua_setfield(L, -2, "__index");
  irminsul_make_view(L);
  lua_setfield(L, -2, "__metatable");
  irminsul_set_string_arithmetic(L);
  lua_pop(L, 2);

  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, irminsul_refuse_undefined);
  lua_setfield(L, -2, "__index");
  lua_setmetatable(L, -2);
  lua_pushvalue(L, -1);
  irminsul_make_view(L);
  lua_getmetatable(L, -1);
  lua_newtable(L);
  irminsul_make_view(L);
  lua_setfield(L, -2, "__metatable");
  lua_pop(L, 1);
  lua_pushvalue(L, -1);
  lua_setfield(L, -3, "_G");
  lua_rawsetp(L, LUA_REGISTRYINDEX, &irminsul_view_key);

  // Where scripts look up: without a view in between.
  lua_newtable(L);
  lua_pushnil(L);
  while (lua_next(L, -3)) {
    lua_pushvalue(L, -2);
    lua_insert(L, -2);
    lua_rawset(L, -4);
  }
  irminsul_set_operators(L);
  lua_getmetatable(L, -2);
  lua_setmetatable(L, -2);
  lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
  lua_pop(L, 1);
}
