// `cmsgpack`: MessagePack as the library that Redis embeds writes and reads it.
//
// Source of truth: lua-cmsgpack 0.4.0 as Redis 7 has it, and https://github.com/msgpack/msgpack.
#include "state.h"

enum { most_nesting = 16 };

struct packing {
  lua_State *L;
  luaL_Buffer *buffer;
  unsigned steps;
};

static void put(struct packing *to, const void *bytes, size_t length) {
  luaL_addlstring(to->buffer, bytes, length);
}

/// A tag and the lowest `size` bytes of a value, the highest first.
static void put_tagged(struct packing *to, uint8_t tag, uint64_t value, int size) {
  uint8_t bytes[9] = {tag};
  for (int i = 0; i < size; i++) bytes[1 + i] = (uint8_t)(value >> (8 * (size - 1 - i)));
  put(to, bytes, (size_t)size + 1);
}

static void put_integer(struct packing *to, int64_t value) {
  if (value >= 0) {
    if (value <= 127) {
      put_tagged(to, (uint8_t)value, 0, 0);
    } else if (value <= 0xff) {
      put_tagged(to, 0xcc, (uint64_t)value, 1);
    } else if (value <= 0xffff) {
      put_tagged(to, 0xcd, (uint64_t)value, 2);
    } else if (value <= 0xffffffffLL) {
      put_tagged(to, 0xce, (uint64_t)value, 4);
    } else {
      put_tagged(to, 0xcf, (uint64_t)value, 8);
    }
  } else if (value >= -32) {
    put_tagged(to, (uint8_t)(int8_t)value, 0, 0);
  } else if (value >= -128) {
    put_tagged(to, 0xd0, (uint64_t)value, 1);
  } else if (value >= -32768) {
    put_tagged(to, 0xd1, (uint64_t)value, 2);
  } else if (value >= -2147483648LL) {
    put_tagged(to, 0xd2, (uint64_t)value, 4);
  } else {
    put_tagged(to, 0xd3, (uint64_t)value, 8);
  }
}

static void put_number(struct packing *to, double number) {
  if (number >= -9223372036854775808.0 && number < 9223372036854775808.0 &&
      (double)(int64_t)number == number) {
    put_integer(to, (int64_t)number);
    return;
  }
  float single = (float)number;
  if ((double)single == number) {
    uint32_t bits;
    memcpy(&bits, &single, 4);
    put_tagged(to, 0xca, bits, 4);
  } else {
    uint64_t bits;
    memcpy(&bits, &number, 8);
    put_tagged(to, 0xcb, bits, 8);
  }
}

static void put_text(struct packing *to, const char *text, size_t length) {
  if (length < 32) {
    put_tagged(to, (uint8_t)(0xa0 | length), 0, 0);
  } else if (length <= 0xff) {
    put_tagged(to, 0xd9, length, 1);
  } else if (length <= 0xffff) {
    put_tagged(to, 0xda, length, 2);
  } else {
    put_tagged(to, 0xdb, length, 4);
  }
  put(to, text, length);
}

static void put_count(struct packing *to, uint64_t count, uint8_t small, uint8_t tag) {
  if (count <= 15) {
    put_tagged(to, (uint8_t)(small | count), 0, 0);
  } else if (count <= 0xffff) {
    put_tagged(to, tag, count, 2);
  } else {
    put_tagged(to, (uint8_t)(tag + 1), count, 4);
  }
}

/// Whether the keys of a table are 1 to their number.
static bool is_array(lua_State *L, int table, int64_t *entries) {
  int64_t count = 0, largest = 0;
  bool only_integers = true;
  for (lua_pushnil(L); lua_next(L, table); count++) {
    lua_pop(L, 1);
    double key = lua_type(L, -1) == LUA_TNUMBER ? lua_tonumber(L, -1) : 0;
    if (!(key > 0 && key < 2147483648.0 && (double)(int64_t)key == key)) {
      only_integers = false;
    } else if ((int64_t)key > largest) {
      largest = (int64_t)key;
    }
  }
  *entries = count;
  return only_integers && largest == count;
}

/// Packs the value at an index of the stack.
static void pack_value(struct packing *to, int index, int level) {
  lua_State *L = to->L;
  irminsul_count_step(L, &to->steps);
  luaL_checkstack(L, 6, "in function mp_encode_lua_type");
  int type = lua_type(L, index);
  if (type == LUA_TTABLE && level == most_nesting) type = LUA_TNIL;
  switch (type) {
    case LUA_TSTRING: {
      size_t length;
      const char *text = lua_tolstring(L, index, &length);
      irminsul_count_bytes(L, length);
      put_text(to, text, length);
      return;
    }
    case LUA_TBOOLEAN:
      put_tagged(to, lua_toboolean(L, index) ? 0xc3 : 0xc2, 0, 0);
      return;
    case LUA_TNUMBER:
      put_number(to, lua_tonumber(L, index));
      return;
    case LUA_TTABLE: {
      // The buffer keeps a value of its own on top of the stack, so what lies there is written through
      // a buffer of each table.
      struct packing inner = *to;
      luaL_Buffer buffer;
      lua_pushvalue(L, index);
      int table = lua_gettop(L);
      int64_t count;
      bool array = is_array(L, table, &count);
      lua_createtable(L, 0, 0);
      int parts = lua_gettop(L);
      lua_Integer part = 0;
      luaL_buffinit(L, &buffer);
      inner.buffer = &buffer;
      if (array) {
        put_count(&inner, (uint64_t)count, 0x90, 0xdc);
      } else {
        put_count(&inner, (uint64_t)count, 0x80, 0xde);
      }
      luaL_pushresult(&buffer);
      lua_rawseti(L, parts, ++part);
      lua_pushnil(L);
      for (int64_t i = 1; array ? i <= count : lua_next(L, table); i++) {
        if (array) lua_rawgeti(L, table, i);
        for (int key = array ? 0 : 1; key >= 0; key--) {
          lua_pushvalue(L, key ? -2 : -1);
          int value = lua_gettop(L);
          luaL_buffinit(L, &buffer);
          pack_value(&inner, value, level + 1);
          luaL_pushresult(&buffer);
          lua_rawseti(L, parts, ++part);
          lua_pop(L, 1);
        }
        lua_pop(L, 1);
      }
      lua_settop(L, parts);
      luaL_buffinit(L, &buffer);
      for (lua_Integer i = 1; i <= part; i++) {
        irminsul_count_step(L, &inner.steps);
        lua_rawgeti(L, parts, i);
        luaL_addvalue(&buffer);
      }
      luaL_pushresult(&buffer);
      lua_replace(L, table);
      lua_settop(L, table);
      to->steps = inner.steps;
      luaL_addvalue(to->buffer);
      return;
    }
    default:
      put_tagged(to, 0xc0, 0, 0);
  }
}

static int pack(lua_State *L) {
  int count = lua_gettop(L);
  if (count == 0) return luaL_argerror(L, 0, "MessagePack pack needs input.");
  if (!irminsul_has_room(L, count, 0)) {
    return luaL_argerror(L, 0, "Too many arguments for MessagePack pack.");
  }
  struct packing to = {L, NULL, 0};
  for (int i = 1; i <= count; i++) {
    luaL_Buffer buffer;
    luaL_buffinit(L, &buffer);
    to.buffer = &buffer;
    pack_value(&to, i, 0);
    luaL_pushresult(&buffer);
  }
  lua_concat(L, count);
  return 1;
}

/// A table that is being filled, which lies on the stack, perhaps with a key above it.
struct filling {
  uint64_t left;
  uint64_t next;
  bool is_map;
  bool has_key;
};

enum { inline_levels = 16 };

struct unpacking {
  lua_State *L;
  const uint8_t *bytes;
  size_t left;
  bool is_short;
  bool is_bad;
  unsigned steps;
  /// The tables around the next value, which may be some thousands: more than C's own stack has frames for.
  struct filling *levels;
  size_t depth;
  size_t capacity;
  /// Where the block of the levels lies on the stack, once there is one.
  int place;
  bool has_block;
  struct filling fixed[inline_levels];
};

/// Raises the error of 5.1 when its stack would have no room for one more value.
static void check_room(struct unpacking *from, const char *where) {
  if (!irminsul_has_room(from->L, 1, from->has_block)) {
    luaL_error(from->L, "stack overflow (%s)", where);
  }
}

static struct filling *add_level(struct unpacking *from) {
  lua_State *L = from->L;
  if (from->depth == from->capacity) {
    from->capacity *= 2;
    struct filling *levels = lua_newuserdatauv(L, from->capacity * sizeof *levels, 0);
    memcpy(levels, from->levels, from->depth * sizeof *levels);
    if (from->has_block) {
      lua_replace(L, from->place);
    } else {
      lua_insert(L, from->place);
    }
    from->has_block = true;
    from->levels = levels;
  }
  return &from->levels[from->depth++];
}

static uint64_t take(struct unpacking *from, size_t size) {
  if (from->left < size) {
    from->is_short = true;
    return 0;
  }
  uint64_t value = 0;
  for (size_t i = 0; i < size; i++) value = value << 8 | from->bytes[i];
  from->bytes += size;
  from->left -= size;
  return value;
}

static void unpack_text(struct unpacking *from, uint64_t length) {
  if (from->is_short || from->left < length) {
    from->is_short = true;
    return;
  }
  lua_pushlstring(from->L, (const char *)from->bytes, (size_t)length);
  from->bytes += length;
  from->left -= length;
}

static void begin_table(struct unpacking *from, uint64_t count, bool is_map) {
  if (from->is_short) return;
  lua_newtable(from->L);
  if (!is_map) check_room(from, "in function mp_decode_to_lua_array");
  *add_level(from) = (struct filling){.left = count, .next = 1, .is_map = is_map};
}

/// Pushes the next value, of a table only the beginning, or marks what is wrong and may push nothing.
static void unpack_head(struct unpacking *from) {
  lua_State *L = from->L;
  irminsul_count_step(L, &from->steps);
  check_room(from, "too many return values at once; use unpack_one or unpack_limit instead.");
  uint8_t tag = (uint8_t)take(from, 1);
  if (from->is_short) return;
  if (tag <= 0x7f) {
    lua_pushnumber(L, tag);
    return;
  }
  if (tag >= 0xe0) {
    lua_pushnumber(L, (int8_t)tag);
    return;
  }
  if (tag <= 0x8f) {
    begin_table(from, tag & 15, true);
    return;
  }
  if (tag <= 0x9f) {
    begin_table(from, tag & 15, false);
    return;
  }
  if (tag <= 0xbf) {
    unpack_text(from, tag & 31);
    return;
  }
  switch (tag) {
    case 0xc0:
      lua_pushnil(L);
      return;
    case 0xc2:
    case 0xc3:
      lua_pushboolean(L, tag == 0xc3);
      return;
    case 0xca: {
      uint32_t bits = (uint32_t)take(from, 4);
      float number;
      memcpy(&number, &bits, 4);
      lua_pushnumber(L, number);
      return;
    }
    case 0xcb: {
      uint64_t bits = take(from, 8);
      double number;
      memcpy(&number, &bits, 8);
      lua_pushnumber(L, number);
      return;
    }
    case 0xcc:
    case 0xcd:
    case 0xce:
    case 0xcf:
      lua_pushnumber(L, (double)take(from, (size_t)1 << (tag - 0xcc)));
      return;
    case 0xd0:
      lua_pushnumber(L, (int8_t)take(from, 1));
      return;
    case 0xd1:
      lua_pushnumber(L, (int16_t)take(from, 2));
      return;
    case 0xd2:
      lua_pushnumber(L, (int32_t)take(from, 4));
      return;
    case 0xd3:
      lua_pushnumber(L, (double)(int64_t)take(from, 8));
      return;
    case 0xc4:
    case 0xc5:
    case 0xc6:
      unpack_text(from, take(from, (size_t)1 << (tag - 0xc4)));
      return;
    case 0xd9:
    case 0xda:
    case 0xdb:
      unpack_text(from, take(from, (size_t)1 << (tag - 0xd9)));
      return;
    case 0xdc:
    case 0xdd:
      begin_table(from, take(from, tag == 0xdc ? 2 : 4), false);
      return;
    case 0xde:
    case 0xdf:
      begin_table(from, take(from, tag == 0xde ? 2 : 4), true);
      return;
    default:
      from->is_bad = true;
  }
}

/// Pushes the next value, or marks what is wrong.
static void unpack_value(struct unpacking *from) {
  lua_State *L = from->L;
  do {
    size_t depth = from->depth;
    unpack_head(from);
    if (from->is_short || from->is_bad) return;
    bool is_whole = from->depth == depth;
    while (from->depth > 0) {
      struct filling *level = &from->levels[from->depth - 1];
      if (is_whole && level->is_map && !level->has_key) {
        level->has_key = true;
        break;
      }
      if (is_whole) {
        lua_settable(L, -3);
        level->has_key = false;
        level->left--;
      }
      if (level->left > 0) {
        if (!level->is_map) lua_pushinteger(L, (lua_Integer)level->next++);
        break;
      }
      from->depth--;
      is_whole = true;
    }
  } while (from->depth > 0);
}

/// Unpacks up to `limit` values, 0 for all. With `answers_offset` the place to go on from comes first, -1
/// at the end.
static int unpack(lua_State *L, int64_t limit, int64_t offset, bool answers_offset) {
  size_t length;
  const char *text = irminsul_check_string(L, 1, &length);
  if (offset < 0 || limit < 0) {
    return luaL_error(
        L, "Invalid request to unpack with offset of %d and limit of %d.", (int)offset, (int)length);
  }
  if ((uint64_t)offset > length) {
    return luaL_error(
        L, "Start offset %d greater than input length %d.", (int)offset, (int)length);
  }
  if (limit == 0) limit = INT32_MAX;
  struct unpacking from = {
      .L = L,
      .bytes = (const uint8_t *)text + offset,
      .left = length - (size_t)offset,
      .capacity = inline_levels,
      .place = lua_gettop(L) + 1,
  };
  from.levels = from.fixed;
  int count = 0;
  while (from.left > 0 && count < limit) {
    unpack_value(&from);
    if (from.is_short) return luaL_error(L, "Missing bytes in input.");
    if (from.is_bad) return luaL_error(L, "Bad data format in input.");
    count++;
  }
  if (from.has_block) lua_remove(L, from.place);
  if (answers_offset) {
    lua_pushnumber(L, from.left ? (double)(length - from.left) : -1);
    lua_insert(L, -count - 1);
    count++;
  }
  return count;
}

static int unpack_all(lua_State *L) { return unpack(L, 0, 0, false); }

static int unpack_one(lua_State *L) {
  int64_t offset = lua_isnoneornil(L, 2) ? 0 : (int32_t)irminsul_check_integer(L, 2);
  lua_settop(L, 1);
  return unpack(L, 1, offset, true);
}

static int unpack_limit(lua_State *L) {
  int64_t limit = (int32_t)irminsul_check_integer(L, 2);
  int64_t offset = lua_isnoneornil(L, 3) ? 0 : (int32_t)irminsul_check_integer(L, 3);
  lua_settop(L, 1);
  return unpack(L, limit, offset, true);
}

void irminsul_open_cmsgpack(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"pack", pack},
      {"unpack", unpack_all},
      {"unpack_one", unpack_one},
      {"unpack_limit", unpack_limit},
      {NULL, NULL},
  };
  static const char *const texts[][2] = {
      {"_NAME", "cmsgpack"},
      {"_VERSION", "lua-cmsgpack 0.4.0"},
      {"_COPYRIGHT", "Copyright (C) 2012, Redis Ltd."},
      {"_DESCRIPTION", "MessagePack C implementation for Lua"},
  };
  lua_rawgetp(L, LUA_REGISTRYINDEX, &irminsul_globals_key);
  luaL_newlib(L, functions);
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    lua_pushstring(L, texts[i][1]);
    lua_setfield(L, -2, texts[i][0]);
  }
  lua_setfield(L, -2, "cmsgpack");
  lua_pop(L, 1);
}
