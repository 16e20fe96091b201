// cjson.encode: a Lua value to JSON.
#include <limits.h>
#include <math.h>
#include <stdio.h>

#include "cjson.h"

/// What encode has on Lua's stack below the value, and Redis has not: the levels.
enum { own_slots = 1 };

struct encoder {
  lua_State *L;
  const struct cjson_settings *settings;
  /// The interpreter's, so that no error leaks it.
  irminsul_buffer *output;
  struct cjson_levels levels;
  unsigned steps;
};

// MARK: output

static void grow(struct encoder *encoder, size_t more) {
  lua_State *L = encoder->L;
  irminsul_buffer *output = encoder->output;
  size_t wanted = output->length + more;
  size_t larger = output->capacity < 512 ? 512 : output->capacity + output->capacity / 2;
  if (wanted < larger) wanted = larger;
  void *context;
  lua_Alloc allocate = lua_getallocf(L, &context);
  uint8_t *bytes = allocate(context, output->bytes, output->capacity, wanted);
  if (!bytes) {
    lua_gc(L, LUA_GCCOLLECT);
    bytes = allocate(context, output->bytes, output->capacity, wanted);
  }
  if (!bytes) {
    lua_pushliteral(L, "not enough memory");
    lua_error(L);
  }
  output->bytes = bytes;
  output->capacity = wanted;
}

static char *reserve(struct encoder *encoder, size_t more) {
  if (encoder->output->capacity - encoder->output->length < more) grow(encoder, more);
  return (char *)encoder->output->bytes + encoder->output->length;
}

static void put(struct encoder *encoder, const char *text, size_t length) {
  memcpy(reserve(encoder, length), text, length);
  encoder->output->length += length;
}

static void put_character(struct encoder *encoder, char character) {
  *reserve(encoder, 1) = character;
  encoder->output->length += 1;
}

// MARK: values without parts

static void refuse(struct encoder *encoder, int index, const char *reason) {
  luaL_error(
      encoder->L, "Cannot serialise %s: %s", luaL_typename(encoder->L, index), reason);
}

static void put_escape(struct encoder *encoder, unsigned char character) {
  char escape[8];
  switch (character) {
    case '"':
    case '\\':
    case '/':
      break;
    case '\b':
      character = 'b';
      break;
    case '\t':
      character = 't';
      break;
    case '\n':
      character = 'n';
      break;
    case '\f':
      character = 'f';
      break;
    case '\r':
      character = 'r';
      break;
    default:
      put(encoder, escape, (size_t)snprintf(escape, sizeof escape, "\\u%04x", character));
      return;
  }
  put_character(encoder, '\\');
  put_character(encoder, (char)character);
}

static bool is_plain(unsigned char character) {
  return character >= ' ' && character != '"' && character != '\\' && character != '/' &&
         character != 0x7f;
}

static void put_string(struct encoder *encoder, int index) {
  size_t length, start = 0;
  const char *text = lua_tolstring(encoder->L, index, &length);
  irminsul_count_bytes(encoder->L, length);
  put_character(encoder, '"');
  for (size_t i = 0; i < length; i++) {
    if (is_plain((unsigned char)text[i])) continue;
    irminsul_count_step(encoder->L, &encoder->steps);
    put(encoder, text + start, i - start);
    put_escape(encoder, (unsigned char)text[i]);
    start = i + 1;
  }
  put(encoder, text + start, length - start);
  put_character(encoder, '"');
}

static void put_number(struct encoder *encoder, int index) {
  double number = lua_tonumber(encoder->L, index);
  if (isnan(number) || isinf(number)) {
    switch (encoder->settings->encode_invalid_numbers) {
      case CJSON_REFUSED:
        refuse(encoder, index, "must not be NaN or Inf");
        return;
      case CJSON_AS_NULL:
        put(encoder, "null", 4);
        return;
      default:
        break;
    }
    // printf may write a sign before a NaN.
    if (isnan(number)) {
      put(encoder, "nan", 3);
      return;
    }
  }
  enum { longest = 32 };
  char *digits = reserve(encoder, longest);
  int count = snprintf(digits, longest, "%.*g", encoder->settings->number_precision, number);
  encoder->output->length += (size_t)count;
}

static void put_scalar(struct encoder *encoder) {
  lua_State *L = encoder->L;
  switch (lua_type(L, -1)) {
    case LUA_TSTRING:
      put_string(encoder, -1);
      return;
    case LUA_TNUMBER:
      put_number(encoder, -1);
      return;
    case LUA_TBOOLEAN:
      if (lua_toboolean(L, -1)) {
        put(encoder, "true", 4);
      } else {
        put(encoder, "false", 5);
      }
      return;
    case LUA_TNIL:
      put(encoder, "null", 4);
      return;
    case LUA_TLIGHTUSERDATA:
      if (!lua_touserdata(L, -1)) {
        put(encoder, "null", 4);
        return;
      }
  }
  refuse(encoder, -1, "type not supported");
}

// MARK: tables

/// The largest index of the table at the top if it is to be an array, and a negative number if not.
static int array_length(struct encoder *encoder) {
  lua_State *L = encoder->L;
  const struct cjson_settings *settings = encoder->settings;
  int length = 0;
  unsigned items = 0;
  lua_pushnil(L);
  while (lua_next(L, -2)) {
    irminsul_count_step(L, &encoder->steps);
    double key = lua_type(L, -2) == LUA_TNUMBER ? lua_tonumber(L, -2) : 0;
    if (!(key >= 1 && floor(key) == key)) {
      lua_pop(L, 2);
      return -1;
    }
    // An index that is no C integer becomes the least one on Redis, and the table an object.
    if (key > length) length = key <= INT_MAX ? (int)key : INT_MIN;
    items++;
    lua_pop(L, 1);
  }
  // Redis' product may overflow.
  int expected = (int)(items * (unsigned)settings->sparse_ratio);
  if (settings->sparse_ratio > 0 && length > expected && length > settings->sparse_safe) {
    if (!settings->sparse_convert) refuse(encoder, -1, "excessively sparse array");
    return -1;
  }
  return length;
}

/// Begins with the table at the top. Of an object the first key to come is then at the top.
static void open_table(struct encoder *encoder) {
  lua_State *L = encoder->L;
  int depth = encoder->levels.count + 1;
  if (depth > encoder->settings->encode_max_depth || !irminsul_has_room(L, 3, own_slots)) {
    luaL_error(L, "Cannot serialise, excessive nesting (%d)", depth);
  }
  irminsul_see_through(L);
  int length = array_length(encoder);
  struct cjson_level level = {length > 0 ? length : -1, 0};
  cjson_open_level(L, &encoder->levels, level);
  put_character(encoder, length > 0 ? '[' : '{');
  if (length <= 0) lua_pushnil(L);
}

static void put_key(struct encoder *encoder, int index) {
  switch (lua_type(encoder->L, index)) {
    case LUA_TNUMBER:
      put_character(encoder, '"');
      put_number(encoder, index);
      put(encoder, "\":", 2);
      return;
    case LUA_TSTRING:
      put_string(encoder, index);
      put_character(encoder, ':');
      return;
    default:
      refuse(encoder, index, "table key must be a number or string");
  }
}

/// Pushes the next value of the innermost table, or ends the table, which is then at the top.
static bool next_value(struct encoder *encoder) {
  lua_State *L = encoder->L;
  struct cjson_level *level = &encoder->levels.items[encoder->levels.count - 1];
  bool is_array = level->length >= 0;
  irminsul_count_step(L, &encoder->steps);
  if (is_array ? level->index == level->length : !lua_next(L, -2)) {
    put_character(encoder, is_array ? ']' : '}');
    encoder->levels.count--;
    return false;
  }
  if (level->index > 0) put_character(encoder, ',');
  if (is_array) {
    level->index++;
    lua_rawgeti(L, -1, level->index);
  } else {
    level->index = 1;
    put_key(encoder, -2);
  }
  return true;
}

int irminsul_cjson_encode(lua_State *L) {
  luaL_argcheck(L, lua_gettop(L) == 1, 1, "expected 1 argument");
  irminsul_buffer *output = &irminsul_of(L)->json;
  output->length = 0;
  struct encoder encoder = {
      .L = L,
      .settings = lua_touserdata(L, lua_upvalueindex(1)),
      .output = output,
      .levels = {.slot = 1},
  };
  lua_pushnil(L);
  lua_insert(L, 1);
  for (;;) {
    if (lua_istable(L, -1)) {
      open_table(&encoder);
    } else {
      put_scalar(&encoder);
      if (encoder.levels.count == 0) break;
      lua_pop(L, 1);
    }
    while (!next_value(&encoder)) {
      if (encoder.levels.count == 0) goto done;
      lua_pop(L, 1);
    }
  }
done:
  lua_pushlstring(L, (const char *)output->bytes, output->length);
  return 1;
}
