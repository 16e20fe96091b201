// `cjson`: JSON as scripts on Redis have it.
//
// Source of truth: lua-cjson 2.1.0 as Redis 7 builds it. The library itself is not linked: its
// buffers are past the script's memory limit and end the process when memory runs out, no time
// limit holds inside it, and on Lua 5.4 a decoded 3 prints as `3.0`.
#include <limits.h>

#include "cjson.h"

static const struct cjson_settings defaults = {
    .sparse_ratio = 2,
    .sparse_safe = 10,
    .encode_max_depth = 1000,
    .decode_max_depth = 1000,
    .number_precision = 14,
    .keep_buffer = 1,
    .decode_invalid_numbers = CJSON_AS_THEY_ARE,
};

static struct cjson_settings *settings_for(lua_State *L, int most_arguments) {
  luaL_argcheck(
      L, lua_gettop(L) <= most_arguments, most_arguments + 1, "found too many arguments");
  lua_settop(L, most_arguments);
  return lua_touserdata(L, lua_upvalueindex(1));
}

/// Takes the argument at `index`, if there is one, and pushes what is set then.
static void integer_option(lua_State *L, int index, int *setting, int least, int most) {
  if (!lua_isnil(L, index)) {
    int value = (int)irminsul_check_integer(L, index);
    if (value < least || value > most) {
      luaL_argerror(
          L, 1, lua_pushfstring(L, "expected integer between %d and %d", least, most));
    }
    *setting = value;
  }
  lua_pushnumber(L, *setting);
}

/// The same for a choice by name, of which the first two are also false and true.
static void named_option(lua_State *L, int index, int *setting, const char *const names[]) {
  if (lua_isboolean(L, index)) {
    *setting = lua_toboolean(L, index);
  } else if (!lua_isnil(L, index)) {
    const char *name = irminsul_check_string(L, index, NULL);
    int choice = 0;
    while (names[choice] && strcmp(names[choice], name) != 0) choice++;
    if (!names[choice]) {
      luaL_argerror(L, index, lua_pushfstring(L, "invalid option '%s'", name));
    }
    *setting = choice;
  }
  if (*setting < 2) {
    lua_pushboolean(L, *setting);
  } else {
    lua_pushstring(L, names[*setting]);
  }
}

static const char *const off_on[] = {"off", "on", NULL};
static const char *const off_on_null[] = {"off", "on", "null", NULL};

static int encode_sparse_array(lua_State *L) {
  struct cjson_settings *settings = settings_for(L, 3);
  named_option(L, 1, &settings->sparse_convert, off_on);
  integer_option(L, 2, &settings->sparse_ratio, 0, INT_MAX);
  integer_option(L, 3, &settings->sparse_safe, 0, INT_MAX);
  return 3;
}

static int encode_max_depth(lua_State *L) {
  integer_option(L, 1, &settings_for(L, 1)->encode_max_depth, 1, INT_MAX);
  return 1;
}

static int decode_max_depth(lua_State *L) {
  integer_option(L, 1, &settings_for(L, 1)->decode_max_depth, 1, INT_MAX);
  return 1;
}

static int encode_number_precision(lua_State *L) {
  integer_option(L, 1, &settings_for(L, 1)->number_precision, 1, 14);
  return 1;
}

static int encode_keep_buffer(lua_State *L) {
  named_option(L, 1, &settings_for(L, 1)->keep_buffer, off_on);
  return 1;
}

static int encode_invalid_numbers(lua_State *L) {
  named_option(L, 1, &settings_for(L, 1)->encode_invalid_numbers, off_on_null);
  return 1;
}

static int decode_invalid_numbers(lua_State *L) {
  named_option(L, 1, &settings_for(L, 1)->decode_invalid_numbers, off_on);
  return 1;
}

/// Pushes a table of functions with settings of their own, which are the result.
static struct cjson_settings *push_library(lua_State *L);

static int new_library(lua_State *L) {
  push_library(L);
  return 1;
}

static struct cjson_settings *push_library(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"encode", irminsul_cjson_encode},
      {"decode", irminsul_cjson_decode},
      {"encode_sparse_array", encode_sparse_array},
      {"encode_max_depth", encode_max_depth},
      {"decode_max_depth", decode_max_depth},
      {"encode_number_precision", encode_number_precision},
      {"encode_keep_buffer", encode_keep_buffer},
      {"encode_invalid_numbers", encode_invalid_numbers},
      {"decode_invalid_numbers", decode_invalid_numbers},
      {"new", new_library},
      {NULL, NULL},
  };
  luaL_newlibtable(L, functions);
  struct cjson_settings *settings = lua_newuserdatauv(L, sizeof *settings, 0);
  *settings = defaults;
  luaL_setfuncs(L, functions, 1);
  lua_pushlightuserdata(L, NULL);
  lua_setfield(L, -2, "null");
  lua_pushliteral(L, "cjson");
  lua_setfield(L, -2, "_NAME");
  lua_pushliteral(L, "2.1.0");
  lua_setfield(L, -2, "_VERSION");
  return settings;
}

void irminsul_open_cjson(lua_State *L) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &irminsul_globals_key);
  irminsul_of(L)->cjson = push_library(L);
  lua_setfield(L, -2, "cjson");
  lua_pop(L, 1);
}

void irminsul_reset_cjson(irminsul_lua *lua) { *lua->cjson = defaults; }
