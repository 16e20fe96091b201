// What translated scripts call for operators, and arithmetic with strings.
#include <math.h>
#include <stdio.h>

#include "state.h"

/// The text number `index` of some that a NUL parts.
static const char *description(const char *texts, int index) {
  while (index-- > 0) texts += strlen(texts) + 1;
  return texts;
}

_Noreturn static void refuse_operand(
    lua_State *L, const char *action, int index, const char *name) {
  const char *type = luaL_typename(L, index);
  if (*name) {
    luaL_error(L, "attempt to %s %s (a %s value)", action, name, type);
  } else {
    luaL_error(L, "attempt to %s a %s value", action, type);
  }
  abort();  // luaL_error does not come back
}

/// Pushes the metamethod of a value for an event. What strings have of those is this library's own.
static bool push_metamethod(lua_State *L, int index, const char *event) {
  return lua_type(L, index) != LUA_TSTRING && luaL_getmetafield(L, index, event) != LUA_TNIL;
}

/// Calls the metamethod of the first of two operands, or of the second, that has one: the result is then at the
/// top.
static bool call_metamethod(lua_State *L, int left, int right, const char *event) {
  if (!push_metamethod(L, left, event) && !push_metamethod(L, right, event)) return false;
  lua_pushvalue(L, left);
  lua_pushvalue(L, right);
  lua_call(L, 2, 1);
  return true;
}

static bool is_text(lua_State *L, int index) {
  int type = lua_type(L, index);
  return type == LUA_TSTRING || type == LUA_TNUMBER;
}

/// The operands of `..` between the first and the last argument, which has their names.
static int concatenate_with_metamethods(lua_State *L, int count) {
  const char *names = lua_tostring(L, count + 1);
  lua_pushvalue(L, count);
  for (int i = count - 1; i >= 1; i--) {
    int top = lua_gettop(L);
    if (is_text(L, i) && is_text(L, top)) {
      irminsul_push_text(L, i);
      irminsul_push_text(L, top);
      lua_concat(L, 2);
    } else if (!call_metamethod(L, i, top, "__concat")) {
      if (!is_text(L, i)) refuse_operand(L, "concatenate", i, description(names, i - 1));
      refuse_operand(
          L, "concatenate", top, i == count - 1 ? description(names, count - 1) : "");
    }
    lua_replace(L, top);
    lua_settop(L, top);
  }
  return 1;
}

static int concatenate(lua_State *L) {
  int count = lua_gettop(L) - 1;
  bool has_numbers = false;
  for (int i = 1; i <= count; i++) {
    switch (lua_type(L, i)) {
      case LUA_TSTRING:
        break;
      case LUA_TNUMBER:
        has_numbers = true;
        break;
      default:
        return concatenate_with_metamethods(L, count);
    }
  }
  lua_settop(L, count);
  if (has_numbers) {
    luaL_checkstack(L, 4, NULL);
    for (int i = 1; i <= count; i++) {
      if (lua_type(L, i) != LUA_TNUMBER) continue;
      irminsul_push_text(L, i);
      lua_replace(L, i);
    }
  }
  lua_concat(L, count);
  irminsul_count_bytes(L, lua_rawlen(L, -1));
  return 1;
}

static double remainder_of(double a, double b) {
  // In steps: fused into one, a NaN would come out with another sign.
  double whole = floor(a / b);
  double product = whole * b;
  return a - product;
}

static int modulo(lua_State *L) {
  if (lua_type(L, 1) == LUA_TNUMBER && lua_type(L, 2) == LUA_TNUMBER) {
    lua_pushnumber(L, remainder_of(lua_tonumber(L, 1), lua_tonumber(L, 2)));
    return 1;
  }
  double a, b;
  bool has_left = irminsul_to_number(L, 1, &a);
  if (has_left && irminsul_to_number(L, 2, &b)) {
    lua_pushnumber(L, remainder_of(a, b));
    return 1;
  }
  if (call_metamethod(L, 1, 2, "__mod")) return 1;
  int wrong = has_left ? 2 : 1;
  refuse_operand(
      L, "perform arithmetic on", wrong, description(lua_tostring(L, 3), wrong - 1));
}

/// Where a script assigns its globals: not where it finds them, which is not protected.
static int assignable_globals(lua_State *L) {
  lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
  if (lua_rawequal(L, 1, -1)) lua_rawgetp(L, LUA_REGISTRYINDEX, &irminsul_view_key);
  else lua_settop(L, 1);
  return 1;
}

/// 5.1's table of a function's further arguments.
static int collect_arguments(lua_State *L) {
  int count = lua_gettop(L);
  lua_createtable(L, count, 1);
  lua_insert(L, 1);
  for (int i = count; i >= 1; i--) lua_rawseti(L, 1, i);
  lua_pushnumber(L, count);
  lua_setfield(L, 1, "n");
  return 1;
}

static int first_three(lua_State *L) {
  lua_settop(L, 3);
  return 3;
}

/// The first argument, and the second instead of NaN.
static int bound(lua_State *L) {
  bool is_nan = lua_type(L, 1) == LUA_TNUMBER && isnan(lua_tonumber(L, 1));
  lua_settop(L, is_nan ? 2 : 1);
  return 1;
}

void irminsul_set_operators(lua_State *L) {
  // In the order of `enum helper`.
  static const lua_CFunction functions[] = {
      concatenate, modulo, assignable_globals, collect_arguments, first_three,
      bound};
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
    lua_pushcfunction(L, functions[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
}

// MARK: strings as numbers

static const struct {
  const char *event;
  int operation;
  char symbol;
} operations[] = {
    {"__add", LUA_OPADD, '+'}, {"__sub", LUA_OPSUB, '-'}, {"__mul", LUA_OPMUL, '*'},
    {"__div", LUA_OPDIV, '/'}, {"__mod", LUA_OPMOD, '%'}, {"__pow", LUA_OPPOW, '^'},
    {"__unm", LUA_OPUNM, 'n'},
};

/// How the script calls the operand of an operator in the line that runs; empty if there are more of them.
static const char *name_of_operand(lua_State *L, char symbol, int side) {
  const irminsul_lua *lua = irminsul_of(L);
  lua_Debug place;
  if (!lua->notes || !lua_getstack(L, 1, &place) || !lua_getinfo(L, "Sl", &place) ||
      strcmp(place.source, irminsul_script_source) != 0) {
    return "";
  }
  const char *found = NULL, *end = lua->notes + lua->notes_length;
  for (const char *note = lua->notes; note < end;) {
    char *rest;
    long line = strtol(note, &rest, 10);
    char operator = rest[1];
    const char *names[2];
    names[0] = rest + 2;
    names[1] = names[0] + strlen(names[0]) + 1;
    note = names[1] + strlen(names[1]) + 1;
    if (line != place.currentline || operator != symbol) continue;
    if (found) return "";
    found = names[side];
  }
  return found ? found : "";
}

static int string_arithmetic(lua_State *L) {
  int index = (int)lua_tointeger(L, lua_upvalueindex(1));
  double left, right;
  bool has_left = irminsul_to_number(L, 1, &left);
  if (has_left && irminsul_to_number(L, 2, &right)) {
    if (operations[index].operation == LUA_OPMOD) {
      lua_pushnumber(L, remainder_of(left, right));
      return 1;
    }
    lua_pushnumber(L, left);
    if (operations[index].operation != LUA_OPUNM) lua_pushnumber(L, right);
    lua_arith(L, operations[index].operation);
    return 1;
  }
  lua_settop(L, 2);
  if (push_metamethod(L, 2, operations[index].event)) {
    lua_insert(L, 1);
    lua_call(L, 2, 1);
    return 1;
  }
  int wrong = has_left ? 2 : 1;
  refuse_operand(
      L, "perform arithmetic on", wrong,
      name_of_operand(L, operations[index].symbol, wrong - 1));
}

void irminsul_set_string_arithmetic(lua_State *L) {
  for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
    lua_pushinteger(L, (lua_Integer)i);
    lua_pushcclosure(L, string_arithmetic, 1);
    lua_setfield(L, -2, operations[i].event);
  }
}
