// `bit`: the 32-bit operations of Lua BitOp, as Redis has them.
//
// Source of truth: https://bitop.luajit.org/api.html
#include "state.h"

/// A number modulo 2^32, rounded as BitOp does.
static uint32_t word(lua_State *L, int index) {
  // Adding 2^52 + 2^51 leaves the integer's low bits at the end of the mantissa.
  union {
    double number;
    uint64_t bits;
  } value = {irminsul_check_number(L, index)};
  value.number += 6755399441055744.0;
  return (uint32_t)value.bits;
}

static int push(lua_State *L, uint32_t value) {
  lua_pushnumber(L, (int32_t)value);
  return 1;
}

static int tobit(lua_State *L) { return push(L, word(L, 1)); }

static int bnot(lua_State *L) { return push(L, ~word(L, 1)); }

static int band(lua_State *L) {
  uint32_t value = word(L, 1);
  for (int i = lua_gettop(L); i > 1; i--) value &= word(L, i);
  return push(L, value);
}

static int bor(lua_State *L) {
  uint32_t value = word(L, 1);
  for (int i = lua_gettop(L); i > 1; i--) value |= word(L, i);
  return push(L, value);
}

static int bxor(lua_State *L) {
  uint32_t value = word(L, 1);
  for (int i = lua_gettop(L); i > 1; i--) value ^= word(L, i);
  return push(L, value);
}

static int lshift(lua_State *L) { return push(L, word(L, 1) << (word(L, 2) & 31)); }

static int rshift(lua_State *L) { return push(L, word(L, 1) >> (word(L, 2) & 31)); }

static int arshift(lua_State *L) {
  return push(L, (uint32_t)((int32_t)word(L, 1) >> (word(L, 2) & 31)));
}

static int rol(lua_State *L) {
  uint32_t value = word(L, 1), bits = word(L, 2) & 31;
  return push(L, value << bits | value >> ((32 - bits) & 31));
}

static int ror(lua_State *L) {
  uint32_t value = word(L, 1), bits = word(L, 2) & 31;
  return push(L, value >> bits | value << ((32 - bits) & 31));
}

static int bswap(lua_State *L) {
  uint32_t value = word(L, 1);
  return push(
      L, value >> 24 | (value >> 8 & 0xff00) | (value << 8 & 0xff0000) | value << 24);
}

static int tohex(lua_State *L) {
  uint32_t value = word(L, 1);
  int32_t count = lua_isnone(L, 2) ? 8 : (int32_t)word(L, 2);
  const char *digits = "0123456789abcdef";
  char text[8];
  if (count < 0) {
    count = count == INT32_MIN ? 8 : -count;
    digits = "0123456789ABCDEF";
  }
  if (count > 8) count = 8;
  for (int i = count; --i >= 0;) {
    text[i] = digits[value & 15];
    value >>= 4;
  }
  lua_pushlstring(L, text, (size_t)count);
  return 1;
}

void irminsul_open_bit(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"tobit", tobit},     {"bnot", bnot},   {"band", band}, {"bor", bor}, {"bxor", bxor},
      {"lshift", lshift},   {"rshift", rshift}, {"arshift", arshift}, {"rol", rol}, {"ror", ror},
      {"bswap", bswap},     {"tohex", tohex}, {NULL, NULL},
  };
  lua_rawgetp(L, LUA_REGISTRYINDEX, &irminsul_globals_key);
  luaL_newlib(L, functions);
  lua_setfield(L, -2, "bit");
  lua_pop(L, 1);
}
