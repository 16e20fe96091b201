// 5.1's forms of base and table functions that 5.4 has changed, and of its error messages.
#include <ctype.h>
#include <stdio.h>

#include "state.h"

/// Where in a message `attempt to … a TYPE value (KIND 'NAME')` of 5.4 the parts are.
struct complaint {
  const char *type, *type_end;
  const char *name, *name_end;
};

static bool find_complaint(const char *text, size_t length, struct complaint *found) {
  static const char value[] = " value (";
  if (length < 2 || text[length - 1] != ')' || text[length - 2] != '\'') return false;
  const char *start = strstr(text, "attempt to ");
  if (!start) return false;
  const char *tail = NULL;
  for (const char *p = start; (p = strstr(p, value)); p++) tail = p;
  if (!tail) return false;
  found->type_end = tail;
  found->type = tail;
  while (found->type > start && found->type[-1] != ' ') found->type--;
  if (found->type - start < 3 || memcmp(found->type - 3, " a ", 3) != 0) return false;
  found->name = tail + sizeof value - 1;
  found->name_end = text + length - 1;
  return true;
}

/// Whether a description ends with a variable's name that the translation has made longer by a `_`.
static bool is_renamed(const char *text, size_t length) {
  const char *name = memchr(text, '\'', length);
  if (!name || (strncmp(text, "local", 5) != 0 && strncmp(text, "upvalue", 7) != 0)) return false;
  // A script's own message may look like one of these, and end earlier.
  const char *end = text + length - 1;
  if (++name >= end) return false;
  length = (size_t)(end - name);
  return irminsul_is_renamed(name, length) && name[length - 1] == '_';
}

/// `bad 'for' limit (number expected, got nil)`, which 5.1 says shorter.
static bool reword_bound(lua_State *L, const char *text) {
  static const char before[] = "bad 'for' ", after[] = " (number expected, got ";
  const char *start = strstr(text, before), *end = start ? strstr(start, after) : NULL;
  if (!end) return false;
  const char *what = start + sizeof before - 1;
  luaL_Buffer buffer;
  luaL_buffinit(L, &buffer);
  luaL_addlstring(&buffer, text, (size_t)(start - text));
  luaL_addstring(&buffer, "'for' ");
  luaL_addlstring(&buffer, what, (size_t)(end - what));
  luaL_addstring(&buffer, " must be a number");
  luaL_pushresult(&buffer);
  lua_replace(L, -2);
  return true;
}

void irminsul_reword(lua_State *L) {
  const void *own = irminsul_of(L)->own_message;
  irminsul_of(L)->own_message = NULL;
  if (lua_type(L, -1) != LUA_TSTRING || lua_topointer(L, -1) == own) return;
  size_t length;
  const char *text = lua_tolstring(L, -1, &length);
  if (reword_bound(L, text)) return;
  struct complaint found;
  if (!find_complaint(text, length, &found)) return;
  luaL_Buffer buffer;
  luaL_buffinit(L, &buffer);
  luaL_addlstring(&buffer, text, (size_t)(found.type - 2 - text));
  if (strncmp(found.name, "constant ", 9) == 0) {
    luaL_addlstring(&buffer, found.type - 2, (size_t)(found.type_end - found.type) + 2);
    luaL_addstring(&buffer, " value");
  } else {
    static const char nameless[] = "field 'integer index'";
    size_t name = (size_t)(found.name_end - found.name);
    if (name == sizeof nameless - 1 && memcmp(found.name, nameless, name) == 0) {
      luaL_addstring(&buffer, "field '?'");
    } else if (is_renamed(found.name, name)) {
      luaL_addlstring(&buffer, found.name, name - 2);
      luaL_addstring(&buffer, "'");
    } else {
      luaL_addlstring(&buffer, found.name, name);
    }
    luaL_addstring(&buffer, " (a ");
    luaL_addlstring(&buffer, found.type, (size_t)(found.type_end - found.type));
    luaL_addstring(&buffer, " value)");
  }
  luaL_pushresult(&buffer);
  lua_replace(L, -2);
}

static int base_assert(lua_State *L) {
  luaL_checkany(L, 1);
  if (lua_toboolean(L, 1)) return lua_gettop(L);
  const char *text =
      lua_isnoneornil(L, 2) ? "assertion failed!" : irminsul_check_string(L, 2, NULL);
  luaL_where(L, 1);
  lua_pushstring(L, text);
  lua_concat(L, 2);
  irminsul_of(L)->own_message = lua_topointer(L, -1);
  return lua_error(L);
}

static int base_tonumber(lua_State *L) {
  double base = lua_isnoneornil(L, 2) ? 10 : irminsul_check_number(L, 2);
  if ((int)base == 10) {
    luaL_checkany(L, 1);
    if (lua_type(L, 1) == LUA_TNUMBER) {
      lua_settop(L, 1);
      return 1;
    }
    if (lua_type(L, 1) == LUA_TSTRING) {
      double number;
      if (irminsul_to_number(L, 1, &number)) {
        lua_pushnumber(L, number);
        return 1;
      }
    }
    lua_pushnil(L);
    return 1;
  }
  const char *text = irminsul_check_string(L, 1, NULL);
  luaL_argcheck(L, 2 <= base && base <= 36, 2, "base out of range");
  char *end;
  unsigned long number = strtoul(text, &end, (int)base);
  if (end != text) {
    while (isspace((unsigned char)*end)) end++;
    if (*end == 0) {
      lua_pushnumber(L, (double)number);
      return 1;
    }
  }
  lua_pushnil(L);
  return 1;
}

static int next_element(lua_State *L) {
  lua_Integer index = lua_tointeger(L, 2) + 1;
  lua_settop(L, 1);
  lua_pushnumber(L, (double)index);
  if (lua_rawgeti(L, 1, index) == LUA_TNIL) return 0;
  return 2;
}

static int base_ipairs(lua_State *L) {
  irminsul_check_type(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  lua_pushcfunction(L, next_element);
  lua_insert(L, 1);
  lua_pushnumber(L, 0);
  return 3;
}

/// The handler gets 5.1's wording. Of a script that was stopped none runs any more: 5.4 calls it within the hook that has
/// stopped the script, where nothing could stop the handler.
static int handle(lua_State *L) {
  if (irminsul_of(L)->stopped != IRMINSUL_DONE) return 1;
  irminsul_reword(L);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, 1);
  return 1;
}

static int base_xpcall(lua_State *L) {
  luaL_checkany(L, 2);
  lua_settop(L, 2);
  lua_pushvalue(L, 2);
  lua_pushcclosure(L, handle, 1);
  lua_replace(L, 2);
  lua_insert(L, 1);  // under the function
  int status = lua_pcall(L, 0, LUA_MULTRET, 1);
  lua_pushboolean(L, status == LUA_OK);
  lua_replace(L, 1);
  return lua_gettop(L);
}

static int base_select(lua_State *L) {
  int count = lua_gettop(L);
  if (lua_type(L, 1) == LUA_TSTRING && *lua_tostring(L, 1) == '#') {
    lua_pushnumber(L, count - 1);
    return 1;
  }
  int first = (int)irminsul_check_integer(L, 1);
  if (first < 0) {
    first = count + first;
  } else if (first > count) {
    first = count;
  }
  luaL_argcheck(L, 1 <= first, 1, "index out of range");
  return count - first;
}

void irminsul_push_shown(lua_State *L, int index) {
  switch (lua_type(L, index)) {
    case LUA_TNUMBER:
    case LUA_TSTRING:
      irminsul_push_text(L, index);
      return;
    case LUA_TBOOLEAN:
      lua_pushstring(L, lua_toboolean(L, index) ? "true" : "false");
      return;
    case LUA_TNIL:
      lua_pushliteral(L, "nil");
      return;
    default:
      lua_pushfstring(L, "%s: %p", luaL_typename(L, index), lua_topointer(L, index));
  }
}

static int base_tostring(lua_State *L) {
  luaL_checkany(L, 1);
  if (luaL_getmetafield(L, 1, "__tostring") == LUA_TNIL) {
    irminsul_push_shown(L, 1);
  } else {
    lua_pushvalue(L, 1);
    lua_call(L, 1, 1);
  }
  return 1;
}

static int base_rawget(lua_State *L) {
  irminsul_check_type(L, 1, LUA_TTABLE);
  luaL_checkany(L, 2);
  lua_settop(L, 2);
  lua_pushvalue(L, 1);
  irminsul_see_through(L);
  lua_replace(L, 1);
  lua_rawget(L, 1);
  return 1;
}

/// next, which sees what is behind a view.
static int base_next(lua_State *L) {
  irminsul_check_type(L, 1, LUA_TTABLE);
  lua_settop(L, 2);
  lua_pushvalue(L, 1);
  irminsul_see_through(L);
  lua_replace(L, 1);
  // Tables have integers for whole keys.
  int is_whole = 0;
  lua_Integer key = lua_type(L, 2) == LUA_TNUMBER ? lua_tointegerx(L, 2, &is_whole) : 0;
  if (is_whole) {
    lua_pushinteger(L, key);
    lua_replace(L, 2);
  }
  if (!lua_next(L, 1)) {
    lua_pushnil(L);
    return 1;
  }
  if (lua_isinteger(L, -2)) {
    lua_pushnumber(L, (double)lua_tointeger(L, -2));
    lua_replace(L, -3);
  }
  return 2;
}

static int base_pairs(lua_State *L) {
  irminsul_check_type(L, 1, LUA_TTABLE);
  lua_pushcfunction(L, base_next);
  lua_pushvalue(L, 1);
  lua_pushnil(L);
  return 3;
}

// MARK: tables

static int table_concat(lua_State *L) {
  size_t separator_length;
  lua_settop(L, 4);
  if (lua_isnil(L, 2)) {
    lua_pushliteral(L, "");
    lua_replace(L, 2);
  }
  const char *separator = irminsul_check_string(L, 2, &separator_length);
  irminsul_check_type(L, 1, LUA_TTABLE);
  int first = lua_isnil(L, 3) ? 1 : (int)irminsul_check_integer(L, 3);
  int last = lua_isnil(L, 4) ? (int)lua_rawlen(L, 1) : (int)irminsul_check_integer(L, 4);
  luaL_Buffer buffer;
  luaL_buffinit(L, &buffer);
  unsigned steps = 0;
  for (int64_t i = first; i <= last; i++) {
    irminsul_count_step(L, &steps);
    int type = lua_rawgeti(L, 1, i);
    if (type == LUA_TNUMBER) {
      irminsul_push_text(L, -1);
      lua_remove(L, -2);
    } else if (type != LUA_TSTRING) {
      return luaL_error(
          L, "invalid value (%s) at index %d in table for 'concat'", luaL_typename(L, -1), (int)i);
    }
    irminsul_count_bytes(L, lua_rawlen(L, -1));
    luaL_addvalue(&buffer);
    if (i < last) luaL_addlstring(&buffer, separator, separator_length);
  }
  luaL_pushresult(&buffer);
  return 1;
}

/// Refuses to write into a table that scripts may only read. On Redis it is the interpreter that does, without a place.
static void check_writable(lua_State *L) {
  if (!lua_getmetatable(L, 1)) return;
  lua_pop(L, 1);
  if (!irminsul_is_view(L, 1)) return;
  lua_pushliteral(L, "Attempt to modify a readonly table");
  lua_error(L);
}

static int table_insert(lua_State *L) {
  irminsul_check_type(L, 1, LUA_TTABLE);
  lua_Integer end = (lua_Integer)lua_rawlen(L, 1) + 1, position;
  switch (lua_gettop(L)) {
    case 2:
      check_writable(L);
      position = end;
      break;
    case 3: {
      position = (int)irminsul_check_integer(L, 2);
      check_writable(L);
      if (position > end) end = position;
      unsigned steps = 0;
      for (lua_Integer i = end; i > position; i--) {
        irminsul_count_step(L, &steps);
        lua_rawgeti(L, 1, i - 1);
        lua_rawseti(L, 1, i);
      }
      break;
    }
    default:
      return luaL_error(L, "wrong number of arguments to 'insert'");
  }
  lua_rawseti(L, 1, position);
  return 0;
}

static int table_remove(lua_State *L) {
  irminsul_check_type(L, 1, LUA_TTABLE);
  lua_Integer end = (lua_Integer)lua_rawlen(L, 1);
  lua_Integer position = lua_isnoneornil(L, 2) ? end : (int)irminsul_check_integer(L, 2);
  if (!(1 <= position && position <= end)) return 0;
  unsigned steps = 0;
  lua_rawgeti(L, 1, position);
  for (; position < end; position++) {
    irminsul_count_step(L, &steps);
    lua_rawgeti(L, 1, position + 1);
    lua_rawseti(L, 1, position);
  }
  lua_pushnil(L);
  lua_rawseti(L, 1, end);
  return 1;
}

/// Whether the value at one index of the stack comes before the one at another.
static bool precedes(lua_State *L, int a, int b) {
  if (lua_isnil(L, 2)) return lua_compare(L, a, b, LUA_OPLT);
  lua_pushvalue(L, 2);
  lua_pushvalue(L, a - 1);
  lua_pushvalue(L, b - 2);
  lua_call(L, 2, 1);
  bool result = lua_toboolean(L, -1);
  lua_pop(L, 1);
  return result;
}

static void set_two(lua_State *L, lua_Integer i, lua_Integer j) {
  lua_rawseti(L, 1, i);
  lua_rawseti(L, 1, j);
}

/// 5.1's quicksort, so that what compares equal ends where it ends on Redis.
static void sort_range(lua_State *L, lua_Integer low, lua_Integer high) {
  luaL_checkstack(L, 40, "array too big");
  while (low < high) {
    lua_rawgeti(L, 1, low);
    lua_rawgeti(L, 1, high);
    if (precedes(L, -1, -2)) {
      set_two(L, low, high);
    } else {
      lua_pop(L, 2);
    }
    if (high - low == 1) break;
    lua_Integer i = (low + high) / 2, j;
    lua_rawgeti(L, 1, i);
    lua_rawgeti(L, 1, low);
    if (precedes(L, -2, -1)) {
      set_two(L, i, low);
    } else {
      lua_pop(L, 1);
      lua_rawgeti(L, 1, high);
      if (precedes(L, -1, -2)) {
        set_two(L, i, high);
      } else {
        lua_pop(L, 2);
      }
    }
    if (high - low == 2) break;
    lua_rawgeti(L, 1, i);
    lua_pushvalue(L, -1);
    lua_rawgeti(L, 1, high - 1);
    set_two(L, i, high - 1);
    i = low;
    j = high - 1;
    for (;;) {
      while (lua_rawgeti(L, 1, ++i), precedes(L, -1, -2)) {
        if (i > high) luaL_error(L, "invalid order function for sorting");
        lua_pop(L, 1);
      }
      while (lua_rawgeti(L, 1, --j), precedes(L, -3, -1)) {
        if (j < low) luaL_error(L, "invalid order function for sorting");
        lua_pop(L, 1);
      }
      if (j < i) {
        lua_pop(L, 3);
        break;
      }
      set_two(L, i, j);
    }
    irminsul_check_time(L);
    lua_rawgeti(L, 1, high - 1);
    lua_rawgeti(L, 1, i);
    set_two(L, high - 1, i);
    if (i - low < high - i) {
      j = low;
      i = i - 1;
      low = i + 2;
    } else {
      j = i + 1;
      i = high;
      high = j - 2;
    }
    sort_range(L, j, i);
  }
}

static int table_sort(lua_State *L) {
  irminsul_check_type(L, 1, LUA_TTABLE);
  lua_Integer count = (lua_Integer)lua_rawlen(L, 1);
  if (!lua_isnoneornil(L, 2)) irminsul_check_type(L, 2, LUA_TFUNCTION);
  lua_settop(L, 2);
  sort_range(L, 1, count);
  return 0;
}

void irminsul_set_base_functions(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"assert", base_assert}, {"tonumber", base_tonumber}, {"ipairs", base_ipairs},
      {"xpcall", base_xpcall}, {"select", base_select}, {"tostring", base_tostring},
      {"rawget", base_rawget}, {"next", base_next}, {"pairs", base_pairs},
      {NULL, NULL},
  };
  luaL_setfuncs(L, functions, 0);
}

void irminsul_set_table_functions(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"concat", table_concat}, {"insert", table_insert}, {"remove", table_remove},
      {"sort", table_sort},     {NULL, NULL},
  };
  luaL_setfuncs(L, functions, 0);
}
