// Lua values to replies and back, as Redis 7 converts them.
#include <math.h>
#include <stdio.h>

#include "state.h"

static bool ends_line(char character) { return character == '\r' || character == '\n'; }

/// A text up to its first NUL, without ends of lines at its end.
static size_t line_length(const char *text, size_t length) {
  length = strnlen(text, length);
  while (length && ends_line(text[length - 1])) length--;
  return length;
}

void irminsul_push_error(lua_State *L, const char *message, size_t length) {
  length = line_length(message, length);
  const char *code = "ERR";
  size_t code_length = 3;
  if (length && message[0] == '-') {
    message++;
    length--;
    const char *space = memchr(message, ' ', length);
    if (space) {
      code = message;
      code_length = (size_t)(space - message);
      message = space + 1;
      length -= code_length + 1;
    }
  }
  while (length && ends_line(*message)) {
    message++;
    length--;
  }
  lua_createtable(L, 0, 2);
  lua_pushlstring(L, code, code_length);
  lua_pushliteral(L, " ");
  lua_pushlstring(L, message, length);
  lua_concat(L, 3);
  lua_setfield(L, -2, "err");
}

int irminsul_raise(lua_State *L, const char *message) {
  irminsul_push_error(L, message, strlen(message));
  return lua_error(L);
}

void irminsul_tell_error(lua_State *L, int table, const char *text, size_t length) {
  irminsul_lua *lua = irminsul_of(L);
  bool is_counted = false;
  if (lua_istable(L, table)) {
    table = lua_absindex(L, table);
    lua_pushliteral(L, "ignore_error_stats_update");
    lua_rawget(L, table);
    is_counted = lua_toboolean(L, -1);
    lua_pop(L, 1);
  }
  lua->note_error(lua->context, (irminsul_slice){(const uint8_t *)text, length}, is_counted);
}

static int64_t integer_of(lua_State *L, int index) {
  if (lua_isinteger(L, index)) return lua_tointeger(L, index);
  return irminsul_to_signed(lua_tonumber(L, index));
}

/// Appends a string as one line: errors and statuses cannot hold line ends.
static void append_line(irminsul_buffer *reply, uint8_t tag, const char *text, size_t length) {
  size_t start = reply->length + 9;
  irminsul_buffer_text(reply, tag, text, length);
  if (reply->exhausted) return;
  for (size_t i = start; i < reply->length; i++) {
    if (reply->bytes[i] == '\r' || reply->bytes[i] == '\n') reply->bytes[i] = ' ';
  }
}

/// Pushes the field of the table at the top, without metamethods; its type is the result.
static int raw_field(lua_State *L, const char *name) {
  lua_pushstring(L, name);
  return lua_rawget(L, -2);
}

static void set_head(irminsul_buffer *reply, size_t position, int64_t count) {
  if (!reply->exhausted) memcpy(reply->bytes + position + 1, &count, 8);
}

/// RESP3's maps and sets, for RESP2 flat. The table is at the top and is popped.
static void encode_pairs(lua_State *L, irminsul_buffer *reply, bool with_values) {
  size_t position = reply->length;
  irminsul_buffer_head(
      reply, !reply->typed ? IRMINSUL_ARRAY : with_values ? IRMINSUL_MAP : IRMINSUL_SET, 0);
  int64_t count = 0;
  lua_pushnil(L);
  while (lua_next(L, -2)) {
    lua_pushvalue(L, -2);
    irminsul_encode_reply(L, reply);
    count++;
    if (with_values) {
      irminsul_encode_reply(L, reply);
      if (!reply->typed) count++;
    } else {
      lua_pop(L, 1);
    }
  }
  set_head(reply, position, count);
  lua_pop(L, 1);
}

static void encode_table(lua_State *L, irminsul_buffer *reply) {
  size_t length;
  if (raw_field(L, "err") == LUA_TSTRING) {
    const char *text = lua_tolstring(L, -1, &length);
    irminsul_tell_error(L, -2, text, line_length(text, length));
    append_line(reply, IRMINSUL_ERROR, text, line_length(text, length));
    lua_pop(L, 2);
    return;
  }
  lua_pop(L, 1);
  if (raw_field(L, "ok") == LUA_TSTRING) {
    const char *text = lua_tolstring(L, -1, &length);
    append_line(reply, IRMINSUL_STATUS, text, strnlen(text, length));
    lua_pop(L, 2);
    return;
  }
  lua_pop(L, 1);
  if (raw_field(L, "double") == LUA_TNUMBER) {
    char digits[64];
    double number = lua_tonumber(L, -1);
    if (reply->typed) {
      int64_t bits;
      memcpy(&bits, &number, 8);
      irminsul_buffer_head(reply, IRMINSUL_DOUBLE, bits);
      lua_pop(L, 2);
      return;
    }
    int count = isinf(number) ? snprintf(digits, sizeof digits, number > 0 ? "inf" : "-inf")
                              : snprintf(digits, sizeof digits, "%.17g", number);
    irminsul_buffer_text(reply, IRMINSUL_BYTES, digits, (size_t)count);
    lua_pop(L, 2);
    return;
  }
  lua_pop(L, 1);
  if (raw_field(L, "big_number") == LUA_TSTRING) {
    const char *text = lua_tolstring(L, -1, &length);
    append_line(reply, reply->typed ? IRMINSUL_BIG_NUMBER : IRMINSUL_BYTES, text, length);
    lua_pop(L, 2);
    return;
  }
  lua_pop(L, 1);
  if (raw_field(L, "verbatim_string") == LUA_TTABLE) {
    bool has_format = raw_field(L, "format") == LUA_TSTRING;
    char form[4] = "   :";
    if (has_format) memcpy(form, lua_tostring(L, -1), strnlen(lua_tostring(L, -1), 3));
    lua_pop(L, 1);
    if (has_format && raw_field(L, "string") == LUA_TSTRING) {
      if (reply->typed) {
        lua_pushlstring(L, form, sizeof form);
        lua_insert(L, -2);
        lua_concat(L, 2);
      }
      const char *text = lua_tolstring(L, -1, &length);
      irminsul_buffer_text(reply, reply->typed ? IRMINSUL_VERBATIM : IRMINSUL_BYTES, text, length);
      lua_pop(L, 3);
      return;
    }
    if (has_format) lua_pop(L, 1);
  }
  lua_pop(L, 1);
  if (raw_field(L, "map") == LUA_TTABLE) {
    encode_pairs(L, reply, true);
    lua_pop(L, 1);
    return;
  }
  lua_pop(L, 1);
  if (raw_field(L, "set") == LUA_TTABLE) {
    encode_pairs(L, reply, false);
    lua_pop(L, 1);
    return;
  }
  lua_pop(L, 1);
  size_t position = reply->length;
  irminsul_buffer_head(reply, IRMINSUL_ARRAY, 0);
  lua_Integer count = 0;
  while (lua_rawgeti(L, -1, count + 1) != LUA_TNIL) {
    irminsul_encode_reply(L, reply);
    count++;
  }
  lua_pop(L, 2);
  set_head(reply, position, count);
}

void irminsul_encode_reply(lua_State *L, irminsul_buffer *reply) {
  // Redis' stack limit bounds the nesting; ours is lower, as each level is a C frame, too.
  if (lua_gettop(L) > 1000 || !lua_checkstack(L, 8)) {
    static const char message[] = "ERR reached lua stack limit";
    irminsul_buffer_text(reply, IRMINSUL_ERROR, message, sizeof message - 1);
    lua_pop(L, 1);
    return;
  }
  size_t length;
  switch (lua_type(L, -1)) {
    case LUA_TSTRING: {
      const char *text = lua_tolstring(L, -1, &length);
      irminsul_buffer_text(reply, IRMINSUL_BYTES, text, length);
      lua_pop(L, 1);
      return;
    }
    case LUA_TNUMBER:
      irminsul_buffer_head(reply, IRMINSUL_INTEGER, integer_of(L, -1));
      lua_pop(L, 1);
      return;
    case LUA_TBOOLEAN:
      if (irminsul_of(L)->is_typed && reply->typed) {
        irminsul_buffer_head(reply, IRMINSUL_BOOLEAN, lua_toboolean(L, -1));
      } else if (lua_toboolean(L, -1)) {
        irminsul_buffer_head(reply, IRMINSUL_INTEGER, 1);
      } else if (irminsul_of(L)->is_typed) {
        // RESP3's false, as a client of RESP2 sees it.
        irminsul_buffer_head(reply, IRMINSUL_INTEGER, 0);
      } else {
        irminsul_buffer_head(reply, IRMINSUL_NULL, 0);
      }
      lua_pop(L, 1);
      return;
    case LUA_TTABLE:
      encode_table(L, reply);
      return;
    default:
      irminsul_buffer_head(reply, IRMINSUL_NULL, 0);
      lua_pop(L, 1);
  }
}

size_t irminsul_decode_reply(lua_State *L, const irminsul_buffer *reply, size_t position) {
  if (reply->length - position < 9) {
    lua_pushboolean(L, 0);
    return reply->length;
  }
  int64_t value;
  uint8_t tag = reply->bytes[position];
  memcpy(&value, reply->bytes + position + 1, 8);
  position += 9;
  const char *text = (const char *)reply->bytes + position;
  switch (tag) {
    case IRMINSUL_BYTES:
      lua_pushlstring(L, text, (size_t)value);
      return position + (size_t)value;
    case IRMINSUL_INTEGER:
      lua_pushnumber(L, (double)value);
      return position;
    case IRMINSUL_STATUS:
      lua_createtable(L, 0, 1);
      lua_pushlstring(L, text, (size_t)value);
      lua_setfield(L, -2, "ok");
      return position + (size_t)value;
    case IRMINSUL_ERROR:
      lua_createtable(L, 0, 2);
      lua_pushlstring(L, text, (size_t)value);
      lua_setfield(L, -2, "err");
      // Which Redis counts errors by.
      lua_pushboolean(L, 1);
      lua_setfield(L, -2, "ignore_error_stats_update");
      return position + (size_t)value;
    case IRMINSUL_ARRAY: {
      luaL_checkstack(L, 4, "reply is nested too deeply");
      lua_createtable(L, value < 1 << 24 ? (int)value : 0, 0);
      for (int64_t i = 1; i <= value; i++) {
        position = irminsul_decode_reply(L, reply, position);
        lua_rawseti(L, -2, i);
      }
      return position;
    }
    case IRMINSUL_DOUBLE: {
      double number;
      memcpy(&number, &value, 8);
      lua_createtable(L, 0, 1);
      lua_pushnumber(L, number);
      lua_setfield(L, -2, "double");
      return position;
    }
    case IRMINSUL_MAP:
    case IRMINSUL_SET: {
      luaL_checkstack(L, 6, "reply is nested too deeply");
      lua_createtable(L, 0, 1);
      lua_createtable(L, 0, value < 1 << 24 ? (int)value : 0);
      for (int64_t i = 0; i < value; i++) {
        position = irminsul_decode_reply(L, reply, position);
        if (tag == IRMINSUL_MAP) {
          position = irminsul_decode_reply(L, reply, position);
        } else {
          lua_pushboolean(L, 1);
        }
        lua_rawset(L, -3);
      }
      lua_setfield(L, -2, tag == IRMINSUL_MAP ? "map" : "set");
      return position;
    }
    default:
      if (irminsul_of(L)->is_typed) {
        lua_pushnil(L);
      } else {
        lua_pushboolean(L, 0);
      }
      return position;
  }
}
