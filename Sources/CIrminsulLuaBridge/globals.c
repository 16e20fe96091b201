// The globals that scripts see: Lua 5.4 in the dress of Redis' 5.1, sandboxed.
//
// What stays different from 5.1 (a number's concatenation, error wordings) is listed in
// EmbeddedHost's documentation.
#include <math.h>
#include <stdio.h>

#include "state.h"

const char irminsul_globals_key = 0;

/// Registry key of the set of read-only views.
static const char views_key = 0;

// MARK: 5.1's base functions

/// Reads for load. A C function may feed the compiler for ever, with no instruction to count.
static int read_piece(lua_State *L) {
  irminsul_check_time(L);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_call(L, 0, 1);
  return 1;
}

/// load(chunk [, name]) for text only, with the read-only globals whatever else is passed.
static int load_text(lua_State *L) {
  lua_settop(L, 2);
  if (lua_isfunction(L, 1)) {
    lua_pushvalue(L, 1);
    lua_pushcclosure(L, read_piece, 1);
    lua_replace(L, 1);
  }
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_pushliteral(L, "t");
  lua_call(L, 3, LUA_MULTRET);
  return lua_gettop(L);
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
    lua_pushliteral(L, "err");
    lua_rawget(L, -2);
    if (lua_isstring(L, -1)) {
      lua_replace(L, -2);
    } else {
      lua_pop(L, 1);
    }
  }
  lua_pushboolean(L, 0);
  lua_insert(L, -2);
  return 2;
}

/// error as in 5.1, where a number gets a position in front, too.
static int raise_error(lua_State *L) {
  int level = (int)luaL_optinteger(L, 2, 1);
  lua_settop(L, 1);
  if (lua_isstring(L, 1) && level > 0) {
    luaL_where(L, level);
    lua_pushvalue(L, 1);
    lua_concat(L, 2);
  }
  return lua_error(L);
}

static bool is_view(lua_State *L, int index) {
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
  if (!is_view(L, -1)) return;
  lua_getmetatable(L, -1);
  lua_getfield(L, -1, "__index");
  lua_replace(L, -3);
  lua_pop(L, 1);
}

static int refuse_modification(lua_State *L) {
  return luaL_error(L, "Attempt to modify a readonly table");
}

static int raw_set(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  luaL_checkany(L, 2);
  luaL_checkany(L, 3);
  lua_settop(L, 3);
  if (is_view(L, 1)) {
    lua_pushliteral(L, "Attempt to modify a readonly table");
    return lua_error(L);
  }
  lua_rawset(L, 1);
  return 1;
}

static int set_metatable(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  int type = lua_type(L, 2);
  luaL_argcheck(L, type == LUA_TNIL || type == LUA_TTABLE, 2, "nil or table expected");
  lua_settop(L, 2);
  if (is_view(L, 1)) {
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

static int collect_garbage(lua_State *L) {
  // Settings would outlive the script: they are accepted and ignored.
  const char *option = luaL_optstring(L, 1, "collect");
  if (strcmp(option, "count") == 0) {
    lua_pushnumber(L, lua_gc(L, LUA_GCCOUNT) + lua_gc(L, LUA_GCCOUNTB) / 1024.0);
  } else if (strcmp(option, "collect") == 0) {
    // Long enough for a loop in C that calls it, as gsub has one, to outlast the time limit.
    irminsul_check_time(L);
    lua_gc(L, LUA_GCCOLLECT);
    lua_pushinteger(L, 0);
  } else {
    lua_pushinteger(L, 0);
  }
  return 1;
}

static int gc_info(lua_State *L) {
  lua_pushinteger(L, lua_gc(L, LUA_GCCOUNT));
  return 1;
}

/// __tostring of numbers, all of which are doubles in 5.1: whole floats print without `.0`, and
/// integers of more than 14 digits are rounded.
static int number_to_string(lua_State *L) {
  char digits[64];
  int count = snprintf(digits, sizeof digits, "%.14g", lua_tonumber(L, 1));
  lua_pushlstring(L, digits, (size_t)count);
  return 1;
}

// MARK: 5.1's table functions

static int get_n(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_pushinteger(L, (lua_Integer)lua_rawlen(L, 1));
  return 1;
}

static int set_n(lua_State *L) { return luaL_error(L, "'setn' is obsolete"); }

static int max_n(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  double largest = 0;
  lua_pushnil(L);
  while (lua_next(L, 1)) {
    lua_pop(L, 1);
    if (lua_type(L, -1) == LUA_TNUMBER && lua_tonumber(L, -1) > largest) {
      largest = lua_tonumber(L, -1);
    }
  }
  irminsul_push_number(L, largest);
  return 1;
}

static int for_each(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  luaL_checktype(L, 2, LUA_TFUNCTION);
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
  luaL_checktype(L, 1, LUA_TTABLE);
  luaL_checktype(L, 2, LUA_TFUNCTION);
  lua_Integer count = (lua_Integer)lua_rawlen(L, 1);
  for (lua_Integer i = 1; i <= count; i++) {
    lua_pushvalue(L, 2);
    lua_pushinteger(L, i);
    lua_rawgeti(L, 1, i);
    lua_call(L, 2, 1);
    if (!lua_isnil(L, -1)) return 1;
    lua_pop(L, 1);
  }
  return 0;
}

/// unpack with 5.1's limit: what does not fit on a stack there must not fit here.
static int unpack(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  int first = lua_isnoneornil(L, 2) ? 1 : (int)irminsul_check_integer(L, 2);
  int last = lua_isnoneornil(L, 3) ? (int)lua_rawlen(L, 1) : (int)irminsul_check_integer(L, 3);
  if (first > last) return 0;
  int64_t count = (int64_t)last - first + 1;
  if (!irminsul_has_room(L, count, 0)) return luaL_error(L, "too many results to unpack");
  for (int64_t i = first; i <= last; i++) lua_rawgeti(L, 1, i);
  return (int)count;
}

// MARK: 5.1's mathematics

#define UNARY(name, function)                                    \
  static int name(lua_State *L) {                                \
    irminsul_push_number(L, function(luaL_checknumber(L, 1)));   \
    return 1;                                                    \
  }
#define BINARY(name, function)                                                            \
  static int name(lua_State *L) {                                                         \
    irminsul_push_number(L, function(luaL_checknumber(L, 1), luaL_checknumber(L, 2)));    \
    return 1;                                                                             \
  }
UNARY(math_cosh, cosh)
UNARY(math_sinh, sinh)
UNARY(math_tanh, tanh)
UNARY(math_log10, log10)
BINARY(math_atan2, atan2)
BINARY(math_pow, pow)
BINARY(math_fmod, fmod)

static int math_frexp(lua_State *L) {
  int exponent;
  irminsul_push_number(L, frexp(luaL_checknumber(L, 1), &exponent));
  lua_pushinteger(L, exponent);
  return 2;
}

static int math_ldexp(lua_State *L) {
  irminsul_push_number(L, ldexp(luaL_checknumber(L, 1), (int)luaL_checkinteger(L, 2)));
  return 1;
}

/// lrand48's next 31 bits. Redis has its own, so that scripts meet the same numbers everywhere.
static double next_random(lua_State *L) {
  irminsul_lua *lua = irminsul_of(L);
  lua->random = (lua->random * 0x5deece66dULL + 0xb) & 0xffffffffffffULL;
  int32_t bits = (int32_t)(lua->random >> 17);
  return (double)(bits % INT32_MAX) / INT32_MAX;
}

static int math_random(lua_State *L) {
  double random = next_random(L);
  switch (lua_gettop(L)) {
    case 0:
      lua_pushnumber(L, random);
      return 1;
    case 1: {
      double upper = (int)luaL_checknumber(L, 1);
      luaL_argcheck(L, 1 <= upper, 1, "interval is empty");
      irminsul_push_number(L, floor(random * upper) + 1);
      return 1;
    }
    case 2: {
      double lower = (int)luaL_checknumber(L, 1), upper = (int)luaL_checknumber(L, 2);
      luaL_argcheck(L, lower <= upper, 2, "interval is empty");
      irminsul_push_number(L, floor(random * (upper - lower + 1)) + lower);
      return 1;
    }
    default:
      return luaL_error(L, "wrong number of arguments");
  }
}

static int math_randomseed(lua_State *L) {
  int32_t seed = (int32_t)luaL_checknumber(L, 1);
  irminsul_of(L)->random = (uint64_t)(uint32_t)seed << 16 | 0x330e;
  return 0;
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
      {NULL, NULL},
  };
  luaL_requiref(L, LUA_GNAME, luaopen_base, 1);
  remove_fields(L, removed);
  luaL_setfuncs(L, functions, 0);
  irminsul_set_base_functions(L);
  lua_getfield(L, -1, "load");
  lua_pushcclosure(L, load_text, 1);
  lua_pushvalue(L, -1);
  lua_setfield(L, -3, "load");
  lua_setfield(L, -2, "loadstring");
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

static void open_math(lua_State *L) {
  static const char *const removed[] = {
      "tointeger", "type", "ult", "maxinteger", "mininteger", NULL};
  static const luaL_Reg functions[] = {
      {"cosh", math_cosh},     {"sinh", math_sinh},   {"tanh", math_tanh},
      {"log10", math_log10},   {"atan2", math_atan2}, {"pow", math_pow},
      {"mod", math_fmod},      {"fmod", math_fmod},   {"frexp", math_frexp},
      {"ldexp", math_ldexp},   {"random", math_random}, {"randomseed", math_randomseed},
      {NULL, NULL},
  };
  luaL_requiref(L, LUA_MATHLIBNAME, luaopen_math, 1);
  remove_fields(L, removed);
  luaL_setfuncs(L, functions, 0);
  lua_pop(L, 1);
}

void irminsul_open_globals(lua_State *L) {
  static const char *const removed[] = {"close", "isyieldable", NULL};
  lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &irminsul_globals_key);
  open_base(L);
  open_table(L);
  open_string(L);
  open_math(L);
  luaL_requiref(L, LUA_COLIBNAME, luaopen_coroutine, 1);
  remove_fields(L, removed);
  irminsul_set_coroutine_functions(L);
  lua_pop(L, 1);
  // Messages name functions by how they are called; 5.4 would look them up here.
  lua_newtable(L);
  lua_setfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
  irminsul_of(L)->random = 0x1234abcd330eULL;  // what an unseeded server starts with

  lua_pushinteger(L, 0);
  lua_createtable(L, 0, 2);
  lua_pushcfunction(L, number_to_string);
  lua_setfield(L, -2, "__tostring");
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_setmetatable(L, -2);
  lua_pop(L, 1);
}

// MARK: read-only views

static int iterate(lua_State *L) {
  lua_settop(L, 2);
  if (lua_next(L, 1)) return 2;
  lua_pushnil(L);
  return 1;
}

/// __pairs of a view, whose upvalue is the real table.
static int pairs_of_view(lua_State *L) {
  lua_pushcfunction(L, iterate);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_pushnil(L);
  return 3;
}

/// next that sees what is behind a view.
static int next_entry(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 2);
  lua_pushvalue(L, 1);
  irminsul_see_through(L);
  lua_replace(L, 1);
  if (lua_next(L, 1)) return 2;
  lua_pushnil(L);
  return 1;
}

/// Replaces the table at the top by a view of it that cannot be written.
static void make_view(lua_State *L) {
  lua_newtable(L);
  lua_createtable(L, 0, 4);
  lua_pushvalue(L, -3);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, refuse_modification);
  lua_setfield(L, -2, "__newindex");
  lua_pushvalue(L, -3);
  lua_pushcclosure(L, pairs_of_view, 1);
  lua_setfield(L, -2, "__pairs");
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_setmetatable(L, -2);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &views_key);
  lua_pushvalue(L, -2);
  lua_pushboolean(L, 1);
  lua_rawset(L, -3);
  lua_pop(L, 1);
  lua_replace(L, -2);
}

static int refuse_undefined(lua_State *L) {
  if (lua_gettop(L) != 2 || !(lua_isstring(L, 2) || lua_isnumber(L, 2))) {
    return luaL_error(L, "Second argument to luaProtectedTableError must be a string or number");
  }
  return luaL_error(
      L, "Script attempted to access nonexistent global variable '%s'", lua_tostring(L, 2));
}

void irminsul_protect_globals(lua_State *L) {
  static const char *const libraries[] = {
      "string", "table", "math", "coroutine", "redis", "struct", "bit", "cjson", "cmsgpack", NULL};
  lua_newtable(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &views_key);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &irminsul_globals_key);
  lua_pushcfunction(L, next_entry);
  lua_setfield(L, -2, "next");
  for (const char *const *name = libraries; *name; name++) {
    if (lua_getfield(L, -1, *name) == LUA_TTABLE) {
      make_view(L);
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
  make_view(L);
  lua_setfield(L, -2, "__metatable");
  lua_pop(L, 2);

  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, refuse_undefined);
  lua_setfield(L, -2, "__index");
  lua_setmetatable(L, -2);
  lua_pushvalue(L, -1);
  make_view(L);
  lua_getmetatable(L, -1);
  lua_newtable(L);
  make_view(L);
  lua_setfield(L, -2, "__metatable");
  lua_pop(L, 1);
  lua_pushvalue(L, -1);
  lua_setfield(L, -3, "_G");
  lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
  lua_pop(L, 1);
}
