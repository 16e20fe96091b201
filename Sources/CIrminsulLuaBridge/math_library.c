// Lua 5.1's `math`, whose results are all doubles. Of two arguments the second is looked at first, as the C
// compiler that built Redis has it.
#include <limits.h>
#include <math.h>

#include "state.h"

#define UNARY(name, expression)                  \
  static int math_##name(lua_State *L) {         \
    double x = irminsul_check_number(L, 1);      \
    lua_pushnumber(L, expression);               \
    return 1;                                    \
  }
#define BINARY(name, function)                   \
  static int math_##name(lua_State *L) {         \
    double y = irminsul_check_number(L, 2);      \
    double x = irminsul_check_number(L, 1);      \
    lua_pushnumber(L, function(x, y));           \
    return 1;                                    \
  }

static const double degree = M_PI / 180.0;

UNARY(abs, fabs(x))
UNARY(acos, acos(x))
UNARY(asin, asin(x))
UNARY(atan, atan(x))
UNARY(ceil, ceil(x))
UNARY(cos, cos(x))
UNARY(cosh, cosh(x))
UNARY(deg, x / degree)
UNARY(exp, exp(x))
UNARY(floor, floor(x))
UNARY(log, log(x))
UNARY(log10, log10(x))
UNARY(rad, x * degree)
UNARY(sin, sin(x))
UNARY(sinh, sinh(x))
UNARY(sqrt, sqrt(x))
UNARY(tan, tan(x))
UNARY(tanh, tanh(x))
BINARY(atan2, atan2)
BINARY(fmod, fmod)
BINARY(pow, pow)

static int math_frexp(lua_State *L) {
  int exponent;
  lua_pushnumber(L, frexp(irminsul_check_number(L, 1), &exponent));
  lua_pushnumber(L, exponent);
  return 2;
}

static int math_ldexp(lua_State *L) {
  int exponent = (int)irminsul_check_integer(L, 2);
  lua_pushnumber(L, ldexp(irminsul_check_number(L, 1), exponent));
  return 1;
}

static int math_modf(lua_State *L) {
  double whole, fraction = modf(irminsul_check_number(L, 1), &whole);
  lua_pushnumber(L, whole);
  lua_pushnumber(L, fraction);
  return 2;
}

static int math_max(lua_State *L) {
  int count = lua_gettop(L);
  double largest = irminsul_check_number(L, 1);
  for (int i = 2; i <= count; i++) {
    double number = irminsul_check_number(L, i);
    if (number > largest) largest = number;
  }
  lua_pushnumber(L, largest);
  return 1;
}

static int math_min(lua_State *L) {
  int count = lua_gettop(L);
  double least = irminsul_check_number(L, 1);
  for (int i = 2; i <= count; i++) {
    double number = irminsul_check_number(L, i);
    if (number < least) least = number;
  }
  lua_pushnumber(L, least);
  return 1;
}

/// lrand48's next 31 bits. Redis has its own, so that scripts meet the same numbers everywhere.
static double next_random(lua_State *L) {
  irminsul_lua *lua = irminsul_of(L);
  lua->random = (lua->random * 0x5deece66dULL + 0xb) & 0xffffffffffffULL;
  int32_t bits = (int32_t)(lua->random >> 17);
  return (double)(bits % INT32_MAX) / INT32_MAX;
}

static int math_random(lua_State *L) {
  double random = next_random(L);
  switch (lua_gettop(L)) {
    case 0:
      lua_pushnumber(L, random);
      return 1;
    case 1: {
      int upper = (int)irminsul_check_integer(L, 1);
      luaL_argcheck(L, 1 <= upper, 1, "interval is empty");
      lua_pushnumber(L, floor(random * upper) + 1);
      return 1;
    }
    case 2: {
      int lower = (int)irminsul_check_integer(L, 1), upper = (int)irminsul_check_integer(L, 2);
      luaL_argcheck(L, lower <= upper, 2, "interval is empty");
      // The width wraps as Redis' does.
      int width = (int)((unsigned)upper - (unsigned)lower + 1u);
      lua_pushnumber(L, floor(random * width) + lower);
      return 1;
    }
    default:
      return luaL_error(L, "wrong number of arguments");
  }
}

static int math_randomseed(lua_State *L) {
  int32_t seed = (int32_t)irminsul_check_integer(L, 1);
  irminsul_of(L)->random = (uint64_t)(uint32_t)seed << 16 | 0x330e;
  return 0;
}

void irminsul_open_math(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"abs", math_abs},       {"acos", math_acos},     {"asin", math_asin},
      {"atan", math_atan},     {"atan2", math_atan2},   {"ceil", math_ceil},
      {"cos", math_cos},       {"cosh", math_cosh},     {"deg", math_deg},
      {"exp", math_exp},       {"floor", math_floor},   {"fmod", math_fmod},
      {"frexp", math_frexp},   {"ldexp", math_ldexp},   {"log", math_log},
      {"log10", math_log10},   {"max", math_max},       {"min", math_min},
      {"mod", math_fmod},      {"modf", math_modf},     {"pow", math_pow},
      {"rad", math_rad},       {"random", math_random}, {"randomseed", math_randomseed},
      {"sin", math_sin},       {"sinh", math_sinh},     {"sqrt", math_sqrt},
      {"tan", math_tan},       {"tanh", math_tanh},     {NULL, NULL},
  };
  lua_rawgetp(L, LUA_REGISTRYINDEX, &irminsul_globals_key);
  luaL_newlib(L, functions);
  lua_pushnumber(L, M_PI);
  lua_setfield(L, -2, "pi");
  lua_pushnumber(L, HUGE_VAL);
  lua_setfield(L, -2, "huge");
  lua_setfield(L, -2, "math");
  lua_pop(L, 1);
  irminsul_of(L)->random = 0x1234abcd330eULL;  // what an unseeded server starts with
}
