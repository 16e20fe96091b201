// Libraries of functions: what FUNCTION LOAD loads and FCALL calls.
//
// Source of truth: https://redis.io/docs/latest/develop/interact/programmability/functions-intro/ and what Redis
// 7.0 answers.
#include <ctype.h>
#include <strings.h>

#include "state.h"

/// Libraries that are kept compiled; with one more all are loaded anew when they are called.
enum { most_libraries = 1000 };

/// Registry keys: of the tables of functions by library, of what a library sees when its functions run and while
/// it is loaded, of the globals of all libraries, and of what is being registered.
static const char libraries_key, running_key, loading_key, environment_key, registered_key;

static const char *const flags[] = {
    "no-writes", "allow-oom", "allow-stale", "no-cluster", "allow-cross-slot-keys", NULL};

// MARK: redis.register_function

struct registration {
  /// Indexes in the stack; 0 for what was not given.
  int name, callback, description, flags;
};

static bool is_name(const char *text, size_t length) {
  for (size_t i = 0; i < length; i++) {
    if (!isalnum((unsigned char)text[i]) && text[i] != '_') return false;
  }
  return length > 0;
}

static void check_flags(lua_State *L, int index) {
  for (lua_Integer i = 1;; i++) {
    if (lua_geti(L, index, i) == LUA_TNIL) break;
    if (!lua_isstring(L, -1)) irminsul_raise(L, "unknown flag given");
    irminsul_push_text(L, -1);
    const char *flag = lua_tostring(L, -1);
    int number = 0;
    while (flags[number] && strcasecmp(flags[number], flag) != 0) number++;
    if (!flags[number]) irminsul_raise(L, "unknown flag given");
    lua_pop(L, 2);
  }
  lua_pop(L, 1);
}

/// The arguments by name. The values that matter stay on the stack.
static struct registration named_arguments(lua_State *L) {
  struct registration found = {0, 0, 0, 0};
  if (!lua_istable(L, 1)) {
    irminsul_raise(
        L,
        "calling redis.register_function with a single argument is only applicable to Lua table "
        "(representing named arguments).");
  }
  lua_settop(L, 5);
  lua_pushnil(L);
  while (lua_next(L, 1)) {
    if (!lua_isstring(L, -2)) {
      irminsul_raise(L, "named argument key given to redis.register_function is not a string");
    }
    irminsul_push_text(L, -2);
    const char *key = lua_tostring(L, -1);
    int type = lua_type(L, -2), slot;
    if (strcasecmp(key, "function_name") == 0) {
      if (type != LUA_TSTRING && type != LUA_TNUMBER) {
        irminsul_raise(
            L, "function_name argument given to redis.register_function must be a string");
      }
      found.name = slot = 2;
    } else if (strcasecmp(key, "description") == 0) {
      if (type != LUA_TSTRING && type != LUA_TNUMBER) {
        irminsul_raise(
            L, "description argument given to redis.register_function must be a string");
      }
      found.description = slot = 3;
    } else if (strcasecmp(key, "callback") == 0) {
      if (type != LUA_TFUNCTION) {
        irminsul_raise(
            L, "callback argument given to redis.register_function must be a function");
      }
      found.callback = slot = 4;
    } else if (strcasecmp(key, "flags") == 0) {
      if (type != LUA_TTABLE) {
        irminsul_raise(
            L,
            "flags argument to redis.register_function must be a table representing function "
            "flags");
      }
      lua_pushvalue(L, -2);
      check_flags(L, lua_gettop(L));
      lua_pop(L, 1);
      found.flags = slot = 5;
    } else {
      irminsul_raise(L, "unknown argument given to redis.register_function");
    }
    lua_pop(L, 1);
    irminsul_push_text(L, -1);
    lua_replace(L, slot);
    lua_pop(L, 1);
  }
  if (!found.name) {
    irminsul_raise(L, "redis.register_function must get a function name argument");
  }
  if (!found.callback) {
    irminsul_raise(L, "redis.register_function must get a callback argument");
  }
  return found;
}

static int register_function(lua_State *L) {
  if (!irminsul_of(L)->is_loading) {
    return irminsul_raise(
        L, "redis.register_function can only be called on FUNCTION LOAD command");
  }
  struct registration found = {.name = 1, .callback = 2};
  switch (lua_gettop(L)) {
    case 1:
      found = named_arguments(L);
      break;
    case 2:
      if (!lua_isstring(L, 1)) {
        return irminsul_raise(
            L, "first argument to redis.register_function must be a string");
      }
      irminsul_check_string(L, 1, NULL);
      if (!lua_isfunction(L, 2)) {
        return irminsul_raise(
            L, "second argument to redis.register_function must be a function");
      }
      break;
    default:
      return irminsul_raise(L, "wrong number of arguments to redis.register_function");
  }
  size_t length;
  const char *name = lua_tolstring(L, found.name, &length);
  if (!is_name(name, length)) {
    return irminsul_raise(
        L,
        "Library names can only contain letters, numbers, or underscores(_) and must be at least "
        "one character long");
  }
  lua_rawgetp(L, LUA_REGISTRYINDEX, &registered_key);
  for (lua_Integer i = 1; lua_rawgeti(L, -1, i) == LUA_TTABLE; i++) {
    lua_rawgeti(L, -1, 1);
    if (lua_rawequal(L, -1, found.name)) {
      return irminsul_raise(L, "Function already exists in the library");
    }
    lua_pop(L, 2);
  }
  lua_pop(L, 1);
  lua_createtable(L, 4, 0);
  const int parts[] = {found.name, found.callback, found.description, found.flags};
  for (int i = 0; i < 4; i++) {
    if (!parts[i]) continue;
    lua_pushvalue(L, parts[i]);
    lua_rawseti(L, -2, i + 1);
  }
  lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
  return 0;
}

// MARK: loading

/// Lets the globals of libraries be those of a key of the registry.
static void set_globals(lua_State *L, const char *key) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &environment_key);
  lua_getmetatable(L, -1);
  lua_rawgetp(L, LUA_REGISTRYINDEX, key);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 2);
}

/// Appends the flags that the table at the top names, in Redis' order.
static void append_flags(lua_State *L, irminsul_buffer *reply) {
  size_t position = reply->length;
  irminsul_buffer_head(reply, IRMINSUL_ARRAY, 0);
  int64_t count = 0;
  for (int number = 0; flags[number] && lua_istable(L, -1); number++) {
    bool is_set = false;
    for (lua_Integer i = 1; lua_geti(L, -1, i) != LUA_TNIL; i++) {
      irminsul_push_text(L, -1);
      is_set |= strcasecmp(lua_tostring(L, -1), flags[number]) == 0;
      lua_pop(L, 2);
    }
    lua_pop(L, 1);
    if (!is_set) continue;
    irminsul_buffer_text(reply, IRMINSUL_STATUS, flags[number], strlen(flags[number]));
    count++;
  }
  if (!reply->exhausted) memcpy(reply->bytes + position + 1, &count, 8);
}

/// Keeps the registered functions and describes them.
static void keep_functions(lua_State *L, const char *library, irminsul_buffer *reply) {
  lua_newtable(L);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &registered_key);
  lua_Integer count = (lua_Integer)lua_rawlen(L, -1);
  irminsul_buffer_head(reply, IRMINSUL_ARRAY, count);
  for (lua_Integer i = 1; i <= count; i++) {
    size_t length;
    lua_rawgeti(L, -1, i);
    irminsul_buffer_head(reply, IRMINSUL_ARRAY, 3);
    lua_rawgeti(L, -1, 1);
    const char *text = lua_tolstring(L, -1, &length);
    irminsul_buffer_text(reply, IRMINSUL_BYTES, text, length);
    lua_rawgeti(L, -2, 2);
    lua_rawset(L, -5);
    if (lua_rawgeti(L, -1, 3) == LUA_TSTRING) {
      text = lua_tolstring(L, -1, &length);
      irminsul_buffer_text(reply, IRMINSUL_BYTES, text, length);
    } else {
      irminsul_buffer_head(reply, IRMINSUL_NULL, 0);
    }
    lua_rawgeti(L, -2, 4);
    append_flags(L, reply);
    lua_pop(L, 3);
  }
  lua_pop(L, 1);
  irminsul_lua *lua = irminsul_of(L);
  if (++lua->library_count > most_libraries) {
    lua_newtable(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &libraries_key);
    lua->library_count = 1;
  }
  lua_rawgetp(L, LUA_REGISTRYINDEX, &libraries_key);
  lua_pushvalue(L, -2);
  lua_setfield(L, -2, library);
  lua_pop(L, 2);
}

static bool refuse(lua_State *L, const char *prefix) {
  if (lua_istable(L, -1)) {
    lua_pushliteral(L, "err");
    lua_rawget(L, -2);
    irminsul_push_shown(L, -1);
    lua_pushfstring(L, "ERR %s%s", prefix, lua_tostring(L, -1));
  } else {
    irminsul_reword(L);
    irminsul_push_shown(L, -1);
    lua_pushfstring(L, "ERR %sERR %s", prefix, lua_tostring(L, -1));
  }
  return false;
}

bool irminsul_load_library(
    lua_State *L, const char *library, irminsul_slice source, irminsul_buffer *reply) {
  irminsul_lua *lua = irminsul_of(L);
  lua->notes = NULL;
  lua->is_compiling_timed = false;
  int status =
      irminsul_load(L, (const char *)source.bytes, source.length, "@user_function", 0);
  lua->is_compiling_timed = true;
  if (status == LUA_ERRMEM) return lua_error(L);
  if (status != LUA_OK) {
    lua_pushfstring(L, "ERR Error compiling function: %s", lua_tostring(L, -1));
    return false;
  }
  lua_pop(L, 1);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &environment_key);
  lua_setupvalue(L, -2, 1);
  lua_newtable(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &registered_key);
  set_globals(L, &loading_key);
  irminsul_begin_hooks(lua);
  status = lua_pcall(L, 0, 0, 0);
  lua_sethook(L, NULL, 0, 0);
  set_globals(L, &running_key);
  if (status != LUA_OK) return refuse(L, "Error registering functions: ");
  lua_rawgetp(L, LUA_REGISTRYINDEX, &registered_key);
  if (lua_rawlen(L, -1) == 0) {
    lua_pushliteral(L, "ERR No functions registered");
    return false;
  }
  lua_pop(L, 1);
  keep_functions(L, library, reply);
  return true;
}

// MARK: calling

/// Pushes the table of a library's functions, or something else.
static int push_library(lua_State *L, const char *library) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &libraries_key);
  int type = lua_getfield(L, -1, library);
  lua_replace(L, -2);
  return type;
}

bool irminsul_push_function(lua_State *L, const char *library, const char *name) {
  if (push_library(L, library) != LUA_TTABLE) return false;
  bool found = lua_getfield(L, -1, name) == LUA_TFUNCTION;
  lua_replace(L, -2);
  return found;
}

struct search {
  const char *library;
  bool is_found;
};

static int search(lua_State *L) {
  struct search *job = lua_touserdata(L, 1);
  job->is_found = push_library(L, job->library) == LUA_TTABLE;
  return 0;
}

bool irminsul_lua_has_library(irminsul_lua *lua, const char *library) {
  struct search job = {library, false};
  lua_pushcfunction(lua->main, search);
  lua_pushlightuserdata(lua->main, &job);
  // Without memory for a name there is none for calling anything, which will say so.
  lua_pcall(lua->main, 1, 0, 0);
  lua_settop(lua->main, 0);
  return job.is_found;
}

void irminsul_forget_libraries(lua_State *L) {
  irminsul_clear_registered(L, &libraries_key);
  irminsul_of(L)->library_count = 0;
}

void irminsul_open_libraries(lua_State *L) {
  lua_newtable(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &libraries_key);

  // When functions run: the globals of scripts, as they are before a script runs.
  lua_newtable(L);
  lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
  lua_pushnil(L);
  while (lua_next(L, -2)) {
    lua_pushvalue(L, -2);
    lua_insert(L, -2);
    lua_rawset(L, -5);
  }
  lua_getmetatable(L, -1);
  lua_setmetatable(L, -3);
  lua_pop(L, 1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &running_key);

  // While they are loaded: nothing but a smaller `redis`.
  lua_newtable(L);
  lua_newtable(L);
  irminsul_set_loading_functions(L);
  lua_pushcfunction(L, register_function);
  lua_setfield(L, -2, "register_function");
  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, irminsul_refuse_undefined);
  lua_setfield(L, -2, "__index");
  lua_pushvalue(L, -1);
  lua_setmetatable(L, -3);
  lua_setmetatable(L, -3);
  irminsul_make_view(L);
  lua_setfield(L, -2, "redis");
  lua_rawsetp(L, LUA_REGISTRYINDEX, &loading_key);

  lua_newtable(L);
  irminsul_set_operators(L);
  lua_createtable(L, 0, 3);
  lua_pushcfunction(L, irminsul_refuse_modification);
  lua_setfield(L, -2, "__newindex");
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_setmetatable(L, -2);
  irminsul_add_view(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &environment_key);
  set_globals(L, &running_key);
}
