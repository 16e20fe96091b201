// `struct`: pack, unpack and size with the formats of the library that Redis embeds.
//
// Source of truth: R. Ierusalimschy's struct 0.2 as Redis 7 has it. Formats: > < = ! alignment,
// b B h H l L T f d, s (ends with NUL), x, i[n] I[n], c[n] (c0 takes its length from the value
// before), and spaces.
#include <ctype.h>
#include <limits.h>

#include "state.h"

enum { largest_integer = 32 };

struct layout {
  bool big;
  int alignment;
};

static bool machine_is_big(void) {
  uint16_t probe = 1;
  return *(uint8_t *)&probe == 0;
}

static int number_of(lua_State *L, const char **format, int fallback) {
  if (!isdigit((unsigned char)**format)) return fallback;
  int number = 0;
  do {
    int digit = *(*format)++ - '0';
    if (number > INT_MAX / 10 || number * 10 > INT_MAX - digit) {
      luaL_error(L, "integral size overflow");
    }
    number = number * 10 + digit;
  } while (isdigit((unsigned char)**format));
  return number;
}

static size_t size_of_option(lua_State *L, char option, const char **format) {
  switch (option) {
    case 'B':
    case 'b':
      return 1;
    case 'H':
    case 'h':
      return sizeof(short);
    case 'L':
    case 'l':
      return sizeof(long);
    case 'T':
      return sizeof(size_t);
    case 'f':
      return sizeof(float);
    case 'd':
      return sizeof(double);
    case 'x':
      return 1;
    case 'c':
      return (size_t)number_of(L, format, 1);
    case 'i':
    case 'I': {
      int size = number_of(L, format, sizeof(int));
      if (size > largest_integer) {
        luaL_error(L, "integral size %d is larger than limit of %d", size, largest_integer);
      }
      return (size_t)size;
    }
    default:
      return 0;
  }
}

static size_t padding(size_t length, const struct layout *layout, int option, size_t size) {
  if (size == 0 || option == 'c') return 0;
  if (size > (size_t)layout->alignment) size = (size_t)layout->alignment;
  if (size > 1) return (size - (length & (size - 1))) & (size - 1);
  return 0;
}

static void control(lua_State *L, int option, const char **format, struct layout *layout) {
  switch (option) {
    case ' ':
      return;
    case '>':
      layout->big = true;
      return;
    case '<':
      layout->big = false;
      return;
    case '!': {
      int alignment = number_of(L, format, 8);
      if (alignment == 0 || (alignment & (alignment - 1)) != 0) {
        luaL_error(L, "alignment %d is not a power of 2", alignment);
      }
      layout->alignment = alignment;
      return;
    }
    default: {
      const char *text = lua_pushfstring(L, "invalid format option '%c'", option);
      luaL_argerror(L, 1, text);
    }
  }
}

static void put_integer(char *to, uint64_t value, bool big, size_t size) {
  for (size_t i = 0; i < size; i++) {
    to[big ? size - 1 - i : i] = (char)value;
    value >>= 8;
  }
}

static void put_bytes(luaL_Buffer *buffer, const void *bytes, size_t size, bool big) {
  char copy[8];
  memcpy(copy, bytes, size);
  if (big != machine_is_big()) {
    for (size_t i = 0; i < size / 2; i++) {
      char swapped = copy[i];
      copy[i] = copy[size - 1 - i];
      copy[size - 1 - i] = swapped;
    }
  }
  luaL_addlstring(buffer, copy, size);
}

static int pack(lua_State *L) {
  luaL_Buffer buffer;
  const char *format = irminsul_check_string(L, 1, NULL);
  struct layout layout = {machine_is_big(), 1};
  int argument = 2;
  size_t total = 0;
  lua_pushnil(L);  // parts the arguments from what luaL_Buffer keeps on the stack
  luaL_buffinit(L, &buffer);
  while (*format) {
    char option = *format++;
    size_t size = size_of_option(L, option, &format);
    size_t pad = padding(total, &layout, option, size);
    total += pad;
    while (pad-- > 0) luaL_addchar(&buffer, 0);
    switch (option) {
      case 'b':
      case 'B':
      case 'h':
      case 'H':
      case 'l':
      case 'L':
      case 'T':
      case 'i':
      case 'I': {
        uint64_t value = irminsul_to_unsigned(irminsul_check_number(L, argument++));
        put_integer(luaL_prepbuffsize(&buffer, size), value, layout.big, size);
        luaL_addsize(&buffer, size);
        break;
      }
      case 'x':
        luaL_addchar(&buffer, 0);
        break;
      case 'f': {
        float value = (float)irminsul_check_number(L, argument++);
        put_bytes(&buffer, &value, size, layout.big);
        break;
      }
      case 'd': {
        double value = irminsul_check_number(L, argument++);
        put_bytes(&buffer, &value, size, layout.big);
        break;
      }
      case 'c':
      case 's': {
        size_t length;
        const char *text = irminsul_check_string(L, argument++, &length);
        if (size == 0) size = length;
        luaL_argcheck(L, length >= size, argument, "string too short");
        luaL_addlstring(&buffer, text, size);
        if (option == 's') {
          luaL_addchar(&buffer, 0);
          size++;
        }
        break;
      }
      default:
        control(L, option, &format, &layout);
    }
    total += size;
  }
  luaL_pushresult(&buffer);
  return 1;
}

static uint64_t get_integer(const char *from, bool big, size_t size) {
  uint64_t value = 0;
  for (size_t i = 0; i < size; i++) {
    value = value << 8 | (unsigned char)from[big ? i : size - 1 - i];
  }
  return value;
}

static void push_integer(lua_State *L, uint64_t value, bool is_signed, size_t size) {
  if (is_signed) {
    // Redis shifts by the whole size, of which processors take the lowest six bits: integers of
    // more than eight bytes come out wrong there, and so here.
    uint64_t sign = ~0ULL << ((size * 8 - 1) & 63);
    if (value & sign) value |= sign;
    lua_pushnumber(L, (double)(int64_t)value);
  } else {
    lua_pushnumber(L, (double)value);
  }
}

static void get_bytes(const char *from, void *to, size_t size, bool big) {
  char *bytes = to;
  for (size_t i = 0; i < size; i++) {
    bytes[i] = from[big != machine_is_big() ? size - 1 - i : i];
  }
}

static int unpack(lua_State *L) {
  const char *format = irminsul_check_string(L, 1, NULL);
  size_t length;
  const char *data = irminsul_check_string(L, 2, &length);
  // A negative offset becomes a large one, and is refused only where data is wanted.
  size_t position = lua_isnoneornil(L, 3) ? 1 : (size_t)irminsul_check_integer(L, 3);
  luaL_argcheck(L, position > 0, 3, "offset must be 1 or greater");
  position--;
  struct layout layout = {machine_is_big(), 1};
  int results = 0;
  while (*format) {
    char option = *format++;
    size_t size = size_of_option(L, option, &format);
    position += padding(position, &layout, option, size);
    luaL_argcheck(L, size <= length && position <= length - size, 2, "data string too short");
    if (!irminsul_has_room(L, 2, 0)) return luaL_error(L, "stack overflow (too many results)");
    switch (option) {
      case 'b':
      case 'B':
      case 'h':
      case 'H':
      case 'l':
      case 'L':
      case 'T':
      case 'i':
      case 'I':
        push_integer(
            L, get_integer(data + position, layout.big, size), islower((unsigned char)option), size);
        results++;
        break;
      case 'x':
        break;
      case 'f': {
        float value;
        get_bytes(data + position, &value, size, layout.big);
        lua_pushnumber(L, value);
        results++;
        break;
      }
      case 'd': {
        double value;
        get_bytes(data + position, &value, size, layout.big);
        lua_pushnumber(L, value);
        results++;
        break;
      }
      case 'c':
        if (size == 0) {
          if (results == 0 || !lua_isnumber(L, -1)) {
            return luaL_error(L, "format 'c0' needs a previous size");
          }
          size = (size_t)irminsul_to_unsigned(lua_tonumber(L, -1));
          lua_pop(L, 1);
          results--;
          luaL_argcheck(
              L, size <= length && position <= length - size, 2, "data string too short");
        }
        lua_pushlstring(L, data + position, size);
        results++;
        break;
      case 's': {
        const char *end = memchr(data + position, 0, length - position);
        if (!end) return luaL_error(L, "unfinished string in data");
        size = (size_t)(end - (data + position)) + 1;
        lua_pushlstring(L, data + position, size - 1);
        results++;
        break;
      }
      default:
        control(L, option, &format, &layout);
    }
    position += size;
  }
  lua_pushnumber(L, (double)(int64_t)(position + 1));
  return results + 1;
}

static int size(lua_State *L) {
  struct layout layout = {machine_is_big(), 1};
  const char *format = irminsul_check_string(L, 1, NULL);
  size_t position = 0;
  while (*format) {
    char option = *format++;
    size_t bytes = size_of_option(L, option, &format);
    position += padding(position, &layout, option, bytes);
    if (option == 's') luaL_argerror(L, 1, "option 's' has no fixed size");
    if (option == 'c' && bytes == 0) luaL_argerror(L, 1, "option 'c0' has no fixed size");
    if (!isalnum((unsigned char)option)) control(L, option, &format, &layout);
    position += bytes;
  }
  lua_pushnumber(L, (double)(int64_t)position);
  return 1;
}

void irminsul_open_struct(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"pack", pack}, {"unpack", unpack}, {"size", size}, {NULL, NULL}};
  lua_rawgetp(L, LUA_REGISTRYINDEX, &irminsul_globals_key);
  luaL_newlib(L, functions);
  lua_setfield(L, -2, "struct");
  lua_pop(L, 1);
}
