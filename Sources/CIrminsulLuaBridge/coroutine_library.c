// 5.1's `coroutine`, whose checks and messages 5.4 has changed.
//
// Source of truth: Lua 5.1's manual, section 5.2, and what Redis 7.0 answers.
#include "state.h"

static lua_State *check_thread(lua_State *L) {
  lua_State *thread = lua_tothread(L, 1);
  luaL_argcheck(L, thread, 1, "coroutine expected");
  return thread;
}

static const char *status_of(lua_State *L, lua_State *thread) {
  lua_Debug place;
  if (thread == L) return "running";
  switch (lua_status(thread)) {
    case LUA_YIELD:
      return "suspended";
    case LUA_OK:
      if (lua_getstack(thread, 0, &place)) return "normal";
      return lua_gettop(thread) == 0 ? "dead" : "suspended";
    default:
      return "dead";
  }
}

/// Resumes with the topmost values; the number of results, which are then at the top, or -1 and a message there.
static int resume(lua_State *L, lua_State *thread, int arguments) {
  const char *status = status_of(L, thread);
  if (!lua_checkstack(thread, arguments)) return luaL_error(L, "too many arguments to resume");
  if (strcmp(status, "suspended") != 0) {
    lua_pushfstring(L, "cannot resume %s coroutine", status);
    return -1;
  }
  lua_xmove(L, thread, arguments);
  int results = 0;
  int outcome = lua_resume(thread, L, arguments, &results);
  if (outcome != LUA_OK && outcome != LUA_YIELD) {
    luaL_checkstack(L, 1, NULL);
    lua_xmove(thread, L, 1);
    irminsul_reword(L);
    return -1;
  }
  if (!lua_checkstack(L, results + 1)) {
    lua_pop(thread, results);
    return luaL_error(L, "too many results to resume");
  }
  lua_xmove(thread, L, results);
  return results;
}

static int coroutine_resume(lua_State *L) {
  lua_State *thread = check_thread(L);
  int results = resume(L, thread, lua_gettop(L) - 1);
  lua_pushboolean(L, results >= 0);
  if (results < 0) results = 1;
  lua_insert(L, -1 - results);
  return results + 1;
}

static int resume_wrapped(lua_State *L) {
  lua_State *thread = lua_tothread(L, lua_upvalueindex(1));
  int results = resume(L, thread, lua_gettop(L));
  if (results >= 0) return results;
  if (lua_isstring(L, -1)) {
    luaL_where(L, 1);
    irminsul_push_text(L, -2);
    lua_concat(L, 2);
    // It has its words already.
    irminsul_of(L)->own_message = lua_topointer(L, -1);
  }
  return lua_error(L);
}

static int coroutine_create(lua_State *L) {
  luaL_argcheck(
      L, lua_isfunction(L, 1) && !lua_iscfunction(L, 1), 1, "Lua function expected");
  lua_State *thread = lua_newthread(L);
  lua_pushvalue(L, 1);
  lua_xmove(L, thread, 1);
  return 1;
}

static int coroutine_wrap(lua_State *L) {
  coroutine_create(L);
  lua_pushcclosure(L, resume_wrapped, 1);
  return 1;
}

static int coroutine_status(lua_State *L) {
  lua_pushstring(L, status_of(L, check_thread(L)));
  return 1;
}

static int coroutine_yield(lua_State *L) {
  if (!lua_isyieldable(L)) {
    lua_pushliteral(L, "attempt to yield across metamethod/C-call boundary");
    return lua_error(L);
  }
  return lua_yield(L, lua_gettop(L));
}

static int coroutine_running(lua_State *L) {
  if (lua_pushthread(L)) lua_pushnil(L);
  return 1;
}

void irminsul_open_coroutine(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"create", coroutine_create}, {"resume", coroutine_resume}, {"running", coroutine_running},
      {"status", coroutine_status}, {"wrap", coroutine_wrap},     {"yield", coroutine_yield},
      {NULL, NULL},
  };
  lua_rawgetp(L, LUA_REGISTRYINDEX, &irminsul_globals_key);
  luaL_newlib(L, functions);
  lua_setfield(L, -2, "coroutine");
  lua_pop(L, 1);
}
