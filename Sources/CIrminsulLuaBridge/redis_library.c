// The `redis` table that scripts see.
#include <math.h>
#include <stdio.h>

#include "state.h"

/// A number as redis.call sends it. Redis prints all of them with %.17g.
static void push_number_argument(lua_State *L, int index) {
  double number = lua_tonumber(L, index);
  char digits[64];
  int count;
  if (number > -1e17 && number < 1e17 && (double)(int64_t)number == number &&
      !(number == 0 && signbit(number))) {
    count = snprintf(digits, sizeof digits, "%lld", (long long)number);
  } else {
    count = snprintf(digits, sizeof digits, "%.17g", number);
  }
  lua_pushlstring(L, digits, (size_t)count);
}

enum { inline_arguments = 32 };

static int fail(lua_State *L, bool raises, const char *message) {
  irminsul_push_error(L, message, strlen(message));
  return raises ? lua_error(L) : 1;
}

static int call_host(lua_State *L, bool raises) {
  irminsul_lua *lua = irminsul_of(L);
  if (lua->is_loading) {
    return irminsul_raise(L, "redis.call/pcall can only be called inside a script invocation");
  }
  int count = lua_gettop(L);
  if (count == 0) {
    return fail(L, raises, "Please specify at least one argument for this redis lib call");
  }
  irminsul_slice fixed[inline_arguments];
  irminsul_slice *slices = fixed;
  luaL_checkstack(L, 8, NULL);
  if (count > inline_arguments) {
    slices = lua_newuserdatauv(L, (size_t)count * sizeof *slices, 0);
  }
  for (int i = 1; i <= count; i++) {
    int type = lua_type(L, i);
    if (type == LUA_TNUMBER) {
      push_number_argument(L, i);
      lua_replace(L, i);
    } else if (type != LUA_TSTRING) {
      return fail(L, raises, "Lua redis lib command arguments must be strings or integers");
    }
    size_t length;
    slices[i - 1].bytes = (const uint8_t *)lua_tolstring(L, i, &length);
    slices[i - 1].length = length;
  }
  irminsul_check_time_of_call(L);
  irminsul_buffer *reply = &lua->reply;
  reply->length = 0;
  reply->limit = lua->limit;
  // A hook may evaluate an expression that comes here.
  lua_State *outer = lua->running;
  int hidden = lua->hidden_frames;
  lua->running = L;
  lua->hidden_frames = 1;
  irminsul_answer answer = lua->call(lua->context, slices, (size_t)count, reply);
  lua->running = outer;
  lua->hidden_frames = hidden;
  if (answer == IRMINSUL_ABORT) {
    return irminsul_stop(L, IRMINSUL_ABORTED);
  }
  if (reply->exhausted) {
    irminsul_buffer_release(reply);
    return fail(L, raises, "not enough memory for the reply");
  }
  irminsul_decode_reply(L, reply, 0);
  if (raises && reply->length && reply->bytes[0] == IRMINSUL_ERROR) return lua_error(L);
  return 1;
}

static int redis_call(lua_State *L) { return call_host(L, true); }

static int redis_pcall(lua_State *L) { return call_host(L, false); }

static int error_reply(lua_State *L) {
  if (lua_gettop(L) != 1 || lua_type(L, 1) != LUA_TSTRING) {
    return fail(L, false, "wrong number or type of arguments");
  }
  size_t length;
  const char *text = lua_tolstring(L, 1, &length);
  if (length && text[0] == '-') {
    irminsul_push_error(L, text, length);
  } else {
    lua_pushliteral(L, "-");
    lua_pushvalue(L, 1);
    lua_concat(L, 2);
    text = lua_tolstring(L, -1, &length);
    irminsul_push_error(L, text, length);
  }
  return 1;
}

static int status_reply(lua_State *L) {
  if (lua_gettop(L) != 1 || lua_type(L, 1) != LUA_TSTRING) {
    return fail(L, false, "wrong number or type of arguments");
  }
  lua_createtable(L, 0, 1);
  lua_pushvalue(L, 1);
  lua_setfield(L, -2, "ok");
  return 1;
}

static int sha1hex(lua_State *L) {
  if (lua_gettop(L) != 1) return irminsul_raise(L, "wrong number of arguments");
  size_t length = 0;
  irminsul_push_text(L, 1);
  const char *text = lua_tolstring(L, -1, &length);
  char digits[40];
  irminsul_count_bytes(L, length * 8);
  irminsul_sha1_hex((irminsul_slice){(const uint8_t *)text, text ? length : 0}, digits);
  lua_pushlstring(L, digits, 40);
  return 1;
}

static int log_message(lua_State *L) {
  int count = lua_gettop(L);
  if (count < 2) return irminsul_raise(L, "redis.log() requires two arguments or more.");
  if (!lua_isnumber(L, 1)) return irminsul_raise(L, "First argument must be a number (log level).");
  int level = (int)lua_tonumber(L, 1);
  if (level < 0 || level > 3) return irminsul_raise(L, "Invalid debug level.");
  luaL_Buffer message;
  luaL_buffinit(L, &message);
  for (int i = 2; i <= count; i++) {
    if (!lua_isstring(L, i)) continue;
    if (i > 2) luaL_addchar(&message, ' ');
    irminsul_push_text(L, i);
    luaL_addvalue(&message);
  }
  luaL_pushresult(&message);
  irminsul_lua *lua = irminsul_of(L);
  irminsul_slice slice;
  slice.bytes = (const uint8_t *)lua_tolstring(L, -1, &slice.length);
  lua->log(lua->context, level, slice);
  return 0;
}

static int setresp(lua_State *L) {
  if (lua_gettop(L) != 1) return irminsul_raise(L, "redis.setresp() requires one argument.");
  int version = (int)lua_tonumber(L, 1);
  if (version != 2 && version != 3) return irminsul_raise(L, "RESP version must be 2 or 3.");
  irminsul_of(L)->is_typed = version == 3;
  return 0;
}

bool irminsul_lua_is_typed(const irminsul_lua *lua) { return lua->is_typed; }

static int replicate_commands(lua_State *L) {
  lua_pushboolean(L, 1);
  return 1;
}

static int set_repl(lua_State *L) {
  if (lua_gettop(L) != 1) return irminsul_raise(L, "redis.set_repl() requires two arguments.");
  int flags = (int)lua_tonumber(L, 1);
  if (flags & ~3) {
    return irminsul_raise(
        L, "Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.");
  }
  return 0;
}

static int no_debugger(lua_State *L) {
  lua_pushboolean(L, 0);
  return 1;
}

/// There is no debugger that would show it.
static int debug_message(lua_State *L) {
  (void)L;
  return 0;
}

/// There are no users: every command that Redis knows may be called.
static int may_call(lua_State *L) {
  if (lua_gettop(L) == 0) {
    return irminsul_raise(L, "Please specify at least one argument for this redis lib call");
  }
  for (int i = 1; i <= lua_gettop(L); i++) {
    if (!lua_isstring(L, i)) {
      return irminsul_raise(L, "Lua redis lib command arguments must be strings or integers");
    }
  }
  size_t length;
  const char *name = irminsul_check_string(L, 1, &length);
  irminsul_slice slice = {(const uint8_t *)name, length};
  irminsul_lua *lua = irminsul_of(L);
  if (!lua->knows(lua->context, slice)) {
    return irminsul_raise(L, "Invalid command passed to redis.acl_check_cmd()");
  }
  lua_pushboolean(L, 1);
  return 1;
}

static void set_constants(lua_State *L) {
  static const struct {
    const char *name;
    int value;
  } constants[] = {
      {"LOG_DEBUG", 0},        {"LOG_VERBOSE", 1}, {"LOG_NOTICE", 2},   {"LOG_WARNING", 3},
      {"REPL_NONE", 0},        {"REPL_AOF", 1},    {"REPL_REPLICA", 2}, {"REPL_SLAVE", 2},
      {"REPL_ALL", 3},         {"REDIS_VERSION_NUM", 0x0007000f},
  };
  for (size_t i = 0; i < sizeof constants / sizeof *constants; i++) {
    lua_pushnumber(L, constants[i].value);
    lua_setfield(L, -2, constants[i].name);
  }
  lua_pushliteral(L, "7.0.15");
  lua_setfield(L, -2, "REDIS_VERSION");
}

void irminsul_set_loading_functions(lua_State *L) {
  set_constants(L);
  static const char *const running_only[] = {
      "REPL_NONE", "REPL_AOF", "REPL_REPLICA", "REPL_SLAVE", "REPL_ALL", NULL};
  for (const char *const *name = running_only; *name; name++) {
    lua_pushnil(L);
    lua_setfield(L, -2, *name);
  }
  lua_pushcfunction(L, log_message);
  lua_setfield(L, -2, "log");
}

void irminsul_open_redis(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"call", redis_call},
      {"pcall", redis_pcall},
      {"error_reply", error_reply},
      {"status_reply", status_reply},
      {"sha1hex", sha1hex},
      {"log", log_message},
      {"setresp", setresp},
      {"replicate_commands", replicate_commands},
      {"set_repl", set_repl},
      {"breakpoint", no_debugger},
      {"debug", debug_message},
      {"acl_check_cmd", may_call},
      {NULL, NULL},
  };
  lua_rawgetp(L, LUA_REGISTRYINDEX, &irminsul_globals_key);
  luaL_newlib(L, functions);
  set_constants(L);
  lua_setfield(L, -2, "redis");
  lua_pop(L, 1);
}
