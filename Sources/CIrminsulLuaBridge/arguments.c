// Arguments of library functions, checked and converted as Lua 5.1 does.
//
// Lua 5.4's luaL_check functions refuse fractions where an integer is wanted, print whole floats as
// `3.0`, and tell light userdata (cjson.null) from userdata.
#include "state.h"

/// How many values 5.1 lets a C function have on its stack.
enum { most_slots = 8000 };

bool irminsul_has_room(lua_State *L, int64_t slots, int extra) {
  if (slots > most_slots || lua_gettop(L) - extra + slots > most_slots) return false;
  // More than asked for: what Redis' libraries keep elsewhere, ours have on the stack.
  return lua_checkstack(L, (int)slots + LUA_MINSTACK);
}

static int type_error(lua_State *L, int index, const char *expected) {
  const char *text = lua_pushfstring(L, "%s expected, got %s", expected, luaL_typename(L, index));
  return luaL_argerror(L, index, text);
}

bool irminsul_to_number(lua_State *L, int index, double *number) {
  switch (lua_type(L, index)) {
    case LUA_TNUMBER:
      *number = lua_tonumber(L, index);
      return true;
    case LUA_TSTRING: {
      size_t length;
      const char *text = lua_tolstring(L, index, &length);
      irminsul_count_bytes(L, length);
      return irminsul_parse_lua_number(text, number);
    }
    default:
      return false;
  }
}

double irminsul_check_number(lua_State *L, int index) {
  double number = 0;
  if (!irminsul_to_number(L, index, &number)) type_error(L, index, "number");
  return number;
}

void irminsul_check_type(lua_State *L, int index, int type) {
  if (lua_type(L, index) != type) type_error(L, index, lua_typename(L, type));
}

void irminsul_push_text(lua_State *L, int index) {
  if (lua_type(L, index) != LUA_TNUMBER) {
    lua_pushvalue(L, index);
    return;
  }
  char text[64];
  size_t length = irminsul_format_lua_number(lua_tonumber(L, index), text);
  lua_pushlstring(L, text, length);
}

int64_t irminsul_check_integer(lua_State *L, int index) {
  return irminsul_to_signed(irminsul_check_number(L, index));
}

const char *irminsul_check_string(lua_State *L, int index, size_t *length) {
  switch (lua_type(L, index)) {
    case LUA_TNUMBER:
      irminsul_push_text(L, index);
      lua_replace(L, index);
      break;
    case LUA_TSTRING:
      break;
    default:
      type_error(L, index, "string");
  }
  return lua_tolstring(L, index, length);
}

int64_t irminsul_to_signed(double number) {
  bool fits = number >= -9223372036854775808.0 && number < 9223372036854775808.0;
  return fits ? (int64_t)number : INT64_MIN;
}

uint64_t irminsul_to_unsigned(double number) {
  if (number >= 18446744073709551616.0) return 0;
  if (number >= 9223372036854775808.0) return (uint64_t)number;
  return (uint64_t)irminsul_to_signed(number);
}
