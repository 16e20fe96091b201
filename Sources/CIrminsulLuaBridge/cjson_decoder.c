// cjson.decode: JSON, and what else lua-cjson takes for it, to Lua values.
#include <stdlib.h>
#include <strings.h>

#include "cjson.h"

/// What decode has on Lua's stack below the text, and Redis has not: the levels.
enum { own_slots = 1 };

enum token_kind {
  token_object_begin,
  token_object_end,
  token_array_begin,
  token_array_end,
  token_string,
  token_number,
  token_boolean,
  token_null,
  token_colon,
  token_comma,
  token_end,
  token_error,
};

static const char *const token_names[] = {
    "T_OBJ_BEGIN", "T_OBJ_END", "T_ARR_BEGIN", "T_ARR_END", "T_STRING", "T_NUMBER",
    "T_BOOLEAN",   "T_NULL",    "T_COLON",     "T_COMMA",   "T_END",
};

struct decoder {
  lua_State *L;
  const struct cjson_settings *settings;
  /// Lua's strings end with a NUL, which is where reading ends if it does not end before.
  const char *text;
  const char *next;
  struct cjson_levels levels;
  unsigned steps;

  // The last token.
  enum token_kind kind;
  const char *place;
  /// What is wrong with an error.
  const char *mistake;
  double number;
  bool boolean;
  /// Of a string: what is between the quotes, and whether escapes are in it.
  const char *content;
  size_t content_length;
  bool has_escapes;
};

// MARK: strings

static int hexadecimal(const char *digits) {
  int value = 0;
  for (int i = 0; i < 4; i++) {
    char digit = digits[i];
    int low = digit | 0x20;
    if (digit >= '0' && digit <= '9') {
      value = value << 4 | (digit - '0');
    } else if (low >= 'a' && low <= 'f') {
      value = value << 4 | (low - 'a' + 10);
    } else {
      return -1;
    }
  }
  return value;
}

/// Reads `\uXXXX`, or two of them that are a surrogate pair, and returns its length; 0 if invalid.
static int unicode_escape(const char *text, int *scalar) {
  int unit = hexadecimal(text + 2);
  if (unit < 0) return 0;
  if ((unit & 0xf800) != 0xd800) {
    *scalar = unit;
    return 6;
  }
  if (unit & 0x400 || text[6] != '\\' || text[7] != 'u') return 0;
  int low = hexadecimal(text + 8);
  if (low < 0 || (low & 0xfc00) != 0xdc00) return 0;
  *scalar = 0x10000 + ((unit & 0x3ff) << 10 | (low & 0x3ff));
  return 12;
}

/// What an escape letter stands for; 0 if it is none.
static char escaped(char letter) {
  switch (letter) {
    case '"':
    case '\\':
    case '/':
    case 'u':
      return letter;
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return 0;
  }
}

static void take_mistake(struct decoder *decoder, const char *place, const char *mistake) {
  decoder->kind = token_error;
  decoder->place = place;
  decoder->mistake = mistake;
}

static void take_string(struct decoder *decoder) {
  const char *next = decoder->next + 1;
  decoder->content = next;
  decoder->has_escapes = false;
  for (; *next != '"'; next++) {
    if (!*next) {
      take_mistake(decoder, next, "unexpected end of string");
      return;
    }
    if (*next != '\\') continue;
    decoder->has_escapes = true;
    switch (escaped(next[1])) {
      case 0:
        take_mistake(decoder, next, "invalid escape code");
        return;
      case 'u': {
        int scalar, length = unicode_escape(next, &scalar);
        if (length == 0) {
          take_mistake(decoder, next, "invalid unicode escape code");
          return;
        }
        next += length - 1;
        break;
      }
      default:
        next++;
    }
  }
  decoder->kind = token_string;
  decoder->content_length = (size_t)(next - decoder->content);
  decoder->next = next + 1;
}

static char *put_utf8(char *to, int scalar) {
  if (scalar < 0x80) {
    *to++ = (char)scalar;
  } else if (scalar < 0x800) {
    *to++ = (char)(0xc0 | scalar >> 6);
    *to++ = (char)(0x80 | (scalar & 0x3f));
  } else if (scalar < 0x10000) {
    *to++ = (char)(0xe0 | scalar >> 12);
    *to++ = (char)(0x80 | (scalar >> 6 & 0x3f));
    *to++ = (char)(0x80 | (scalar & 0x3f));
  } else {
    *to++ = (char)(0xf0 | scalar >> 18);
    *to++ = (char)(0x80 | (scalar >> 12 & 0x3f));
    *to++ = (char)(0x80 | (scalar >> 6 & 0x3f));
    *to++ = (char)(0x80 | (scalar & 0x3f));
  }
  return to;
}

static void push_string(struct decoder *decoder) {
  const char *from = decoder->content, *end = from + decoder->content_length;
  irminsul_count_bytes(decoder->L, decoder->content_length);
  if (!decoder->has_escapes) {
    lua_pushlstring(decoder->L, from, decoder->content_length);
    return;
  }
  luaL_Buffer buffer;
  // No escape stands for more bytes than it has.
  char *start = luaL_buffinitsize(decoder->L, &buffer, decoder->content_length), *to = start;
  while (from < end) {
    const char *escape = memchr(from, '\\', (size_t)(end - from));
    size_t plain = (size_t)((escape ? escape : end) - from);
    memcpy(to, from, plain);
    to += plain;
    from += plain;
    if (!escape) break;
    if (from[1] == 'u') {
      int scalar = 0;
      from += unicode_escape(from, &scalar);
      to = put_utf8(to, scalar);
    } else {
      *to++ = escaped(from[1]);
      from += 2;
    }
  }
  luaL_pushresultsize(&buffer, (size_t)(to - start));
}

// MARK: tokens

/// Whether JSON has no such number although strtod may read it.
static bool is_invalid_number(const char *text) {
  if (*text == '+') return true;
  if (*text == '-') text++;
  if (*text == '0') {
    return (text[1] | 0x20) == 'x' || (text[1] >= '0' && text[1] <= '9');
  }
  return strncasecmp(text, "inf", 3) == 0 || strncasecmp(text, "nan", 3) == 0;
}

static void take_number(struct decoder *decoder) {
  char *end;
  decoder->number = strtod(decoder->next, &end);
  if (end == decoder->next) {
    take_mistake(decoder, decoder->next, "invalid number");
    return;
  }
  decoder->kind = token_number;
  decoder->next = end;
}

static bool take_word(
    struct decoder *decoder, const char *word, enum token_kind kind, bool boolean) {
  size_t length = strlen(word);
  if (strncmp(decoder->next, word, length) != 0) return false;
  decoder->next += length;
  decoder->kind = kind;
  decoder->boolean = boolean;
  return true;
}

static void take_character(struct decoder *decoder, enum token_kind kind) {
  decoder->next++;
  decoder->kind = kind;
}

static void take_token(struct decoder *decoder) {
  bool takes_invalid = decoder->settings->decode_invalid_numbers;
  while (*decoder->next == ' ' || *decoder->next == '\t' || *decoder->next == '\n' ||
         *decoder->next == '\r') {
    decoder->next++;
  }
  decoder->place = decoder->next;
  switch (*decoder->next) {
    case 0:
      decoder->kind = token_end;
      return;
    case '{':
      take_character(decoder, token_object_begin);
      return;
    case '}':
      take_character(decoder, token_object_end);
      return;
    case '[':
      take_character(decoder, token_array_begin);
      return;
    case ']':
      take_character(decoder, token_array_end);
      return;
    case ',':
      take_character(decoder, token_comma);
      return;
    case ':':
      take_character(decoder, token_colon);
      return;
    case '"':
      take_string(decoder);
      return;
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
      if (!takes_invalid && is_invalid_number(decoder->next)) {
        take_mistake(decoder, decoder->next, "invalid number");
      } else {
        take_number(decoder);
      }
      return;
    default:
      if (take_word(decoder, "true", token_boolean, true)) return;
      if (take_word(decoder, "false", token_boolean, false)) return;
      if (take_word(decoder, "null", token_null, false)) return;
      if (takes_invalid && is_invalid_number(decoder->next)) {
        take_number(decoder);
      } else {
        take_mistake(decoder, decoder->next, "invalid token");
      }
  }
}

// MARK: values

static void refuse(struct decoder *decoder, const char *expected) {
  luaL_error(
      decoder->L, "Expected %s but found %s at character %d", expected,
      decoder->kind == token_error ? decoder->mistake : token_names[decoder->kind],
      (int)(decoder->place - decoder->text) + 1);
}

static void open_level(struct decoder *decoder, bool is_array) {
  int depth = decoder->levels.count + 1;
  if (depth > decoder->settings->decode_max_depth ||
      !irminsul_has_room(decoder->L, is_array ? 2 : 3, own_slots)) {
    luaL_error(
        decoder->L, "Found too many nested data structures (%d) at character %d", depth,
        (int)(decoder->next - decoder->text));
  }
  struct cjson_level level = {is_array ? 0 : -1, 0};
  cjson_open_level(decoder->L, &decoder->levels, level);
  lua_newtable(decoder->L);
  take_token(decoder);
}

/// Takes the key that the last token must be, the colon and the first token of the value.
static void take_key(struct decoder *decoder) {
  if (decoder->kind != token_string) refuse(decoder, "object key string");
  push_string(decoder);
  take_token(decoder);
  if (decoder->kind != token_colon) refuse(decoder, "colon");
  take_token(decoder);
}

/// Pushes the value that the last token begins. False if it has parts to be read before.
static bool begin_value(struct decoder *decoder) {
  lua_State *L = decoder->L;
  switch (decoder->kind) {
    case token_string:
      push_string(decoder);
      return true;
    case token_number:
      lua_pushnumber(L, decoder->number);
      return true;
    case token_boolean:
      lua_pushboolean(L, decoder->boolean);
      return true;
    case token_null:
      lua_pushlightuserdata(L, NULL);
      return true;
    case token_object_begin:
      open_level(decoder, false);
      if (decoder->kind != token_object_end) {
        take_key(decoder);
        return false;
      }
      decoder->levels.count--;
      return true;
    case token_array_begin:
      open_level(decoder, true);
      if (decoder->kind != token_array_end) return false;
      decoder->levels.count--;
      return true;
    default:
      refuse(decoder, "value");
      return true;
  }
}

/// Puts the value at the top into the innermost level. True if that ended it, so that it is a value
/// itself; false if another value begins with the last token.
static bool end_value(struct decoder *decoder) {
  struct cjson_level *level = &decoder->levels.items[decoder->levels.count - 1];
  bool is_array = level->length >= 0;
  if (is_array) {
    lua_rawseti(decoder->L, -2, ++level->index);
  } else {
    lua_rawset(decoder->L, -3);
  }
  take_token(decoder);
  if (decoder->kind == (is_array ? token_array_end : token_object_end)) {
    decoder->levels.count--;
    return true;
  }
  if (decoder->kind != token_comma) {
    refuse(decoder, is_array ? "comma or array end" : "comma or object end");
  }
  take_token(decoder);
  if (!is_array) take_key(decoder);
  return false;
}

int irminsul_cjson_decode(lua_State *L) {
  luaL_argcheck(L, lua_gettop(L) == 1, 1, "expected 1 argument");
  size_t length;
  const char *text = irminsul_check_string(L, 1, &length);
  if (length >= 2 && (!text[0] || !text[1])) {
    return luaL_error(L, "JSON parser does not support UTF-16 or UTF-32");
  }
  struct decoder decoder = {
      .L = L,
      .settings = lua_touserdata(L, lua_upvalueindex(1)),
      .text = text,
      .next = text,
      .levels = {.slot = 1},
  };
  lua_pushnil(L);
  lua_insert(L, 1);
  take_token(&decoder);
  for (;;) {
    irminsul_count_step(L, &decoder.steps);
    bool is_complete = begin_value(&decoder);
    while (is_complete) {
      if (decoder.levels.count == 0) {
        take_token(&decoder);
        if (decoder.kind != token_end) refuse(&decoder, "the end");
        return 1;
      }
      is_complete = end_value(&decoder);
    }
  }
}
