// Opening, compiling and running, with limits of memory and time.
#include <time.h>

#include "state.h"

/// A state that holds more than this after a run is collected at once.
enum { idle_memory = 64 << 20 };

static const char scripts_key = 0;

const char irminsul_script_source[] = "@user_script";

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void *allocate(void *context, void *block, size_t old_size, size_t new_size) {
  irminsul_lua *lua = context;
  if (!block) old_size = 0;  // Lua passes a type here
  if (new_size == 0) {
    free(block);
    lua->used -= old_size;
    return NULL;
  }
  if (new_size > old_size && new_size - old_size > lua->limit - lua->used) return NULL;
  void *grown = realloc(block, new_size);
  if (!grown) return NULL;
  lua->used = lua->used - old_size + new_size;
  return grown;
}

void irminsul_check_time(lua_State *L) {
  irminsul_lua *lua = irminsul_of(L);
  if (lua->stopped == IRMINSUL_DONE) {
    if (now() < lua->deadline) return;
    lua->stopped = IRMINSUL_TIMED_OUT;
  }
  irminsul_stop(L, lua->stopped);
}

int irminsul_stop(lua_State *L, irminsul_outcome reason) {
  irminsul_lua *lua = irminsul_of(L);
  lua->stopped = reason;
  // From now on every instruction fails, so that a pcall does not keep the script alive.
  lua_sethook(L, irminsul_on_event, LUA_MASKCOUNT, 1);
  if (lua->main != L) lua_sethook(lua->main, irminsul_on_event, LUA_MASKCOUNT, 1);
  return luaL_error(L, "script stopped");
}

static int open_libraries(lua_State *L) {
  irminsul_open_globals(L);
  irminsul_open_redis(L);
  irminsul_open_struct(L);
  irminsul_open_bit(L);
  irminsul_open_cjson(L);
  irminsul_open_cmsgpack(L);
  lua_newtable(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &scripts_key);
  irminsul_protect_globals(L);
  return 0;
}

irminsul_lua *irminsul_lua_open(
    size_t memory_limit, void *context, irminsul_call call, irminsul_log log,
    irminsul_knows knows) {
  irminsul_lua *lua = calloc(1, sizeof *lua);
  if (!lua) return NULL;
  lua->limit = memory_limit;
  lua->context = context;
  lua->call = call;
  lua->log = log;
  lua->knows = knows;
  lua->keys_reference = lua->arguments_reference = LUA_NOREF;
  lua->main = lua_newstate(allocate, lua);
  if (!lua->main) {
    free(lua);
    return NULL;
  }
  *(irminsul_lua **)lua_getextraspace(lua->main) = lua;
  lua_pushcfunction(lua->main, open_libraries);
  if (lua_pcall(lua->main, 0, 0, 0) != LUA_OK) {
    irminsul_lua_close(lua);
    return NULL;
  }
  return lua;
}

void irminsul_lua_close(irminsul_lua *lua) {
  if (!lua) return;
  lua_close(lua->main);
  irminsul_buffer_release(&lua->json);
  irminsul_buffer_release(&lua->reply);
  free(lua->lines);
  free(lua);
}

size_t irminsul_lua_memory(const irminsul_lua *lua) { return lua->used; }

static int forget(lua_State *L) {
  lua_newtable(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &scripts_key);
  return 0;
}

void irminsul_lua_forget(irminsul_lua *lua) {
  lua_pushcfunction(lua->main, forget);
  if (lua_pcall(lua->main, 0, 0, 0) != LUA_OK) lua_settop(lua->main, 0);
}

// Arguments of the protected functions below travel as light userdata.

struct compilation {
  const char *sha1;
  irminsul_slice source;
};

static int compile(lua_State *L) {
  struct compilation *job = lua_touserdata(L, 1);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &scripts_key);
  lua_pushlstring(L, job->sha1, 40);
  if (lua_rawget(L, -2) == LUA_TFUNCTION) return 0;
  lua_pop(L, 1);
  lua_pushlstring(L, job->sha1, 40);
  int status = luaL_loadbufferx(
      L, (const char *)job->source.bytes, job->source.length, irminsul_script_source, "t");
  if (status != LUA_OK) return lua_error(L);
  lua_rawset(L, -3);
  return 0;
}

irminsul_outcome irminsul_lua_compile(
    irminsul_lua *lua, const char *sha1, irminsul_slice source, irminsul_buffer *reply) {
  lua_State *L = lua->main;
  struct compilation job = {sha1, source};
  lua_pushcfunction(L, compile);
  lua_pushlightuserdata(L, &job);
  if (lua_pcall(L, 1, 0, 0) == LUA_OK) return IRMINSUL_DONE;
  const char *reason = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "unknown";
  char text[512] = "ERR Error compiling script (new function): ";
  strncat(text, reason, sizeof text - strlen(text) - 1);
  for (char *c = text; *c; c++) {
    if (*c == '\r' || *c == '\n') *c = ' ';
  }
  irminsul_buffer_text(reply, IRMINSUL_ERROR, text, strlen(text));
  lua_settop(L, 0);
  return IRMINSUL_INVALID;
}

struct addition {
  int *reference;
  lua_Integer index;
  irminsul_slice bytes;
};

static int add(lua_State *L) {
  struct addition *job = lua_touserdata(L, 1);
  if (*job->reference == LUA_NOREF) {
    lua_newtable(L);
    *job->reference = luaL_ref(L, LUA_REGISTRYINDEX);
  }
  lua_rawgeti(L, LUA_REGISTRYINDEX, *job->reference);
  lua_pushlstring(L, (const char *)job->bytes.bytes, job->bytes.length);
  lua_rawseti(L, -2, job->index);
  return 0;
}

static bool add_protected(
    irminsul_lua *lua, int *reference, lua_Integer *count, irminsul_slice bytes) {
  struct addition job = {reference, *count + 1, bytes};
  lua_pushcfunction(lua->main, add);
  lua_pushlightuserdata(lua->main, &job);
  if (lua_pcall(lua->main, 1, 0, 0) != LUA_OK) {
    lua_settop(lua->main, 0);
    return false;
  }
  *count += 1;
  return true;
}

bool irminsul_lua_add_key(irminsul_lua *lua, irminsul_slice key) {
  return add_protected(lua, &lua->keys_reference, &lua->key_count, key);
}

bool irminsul_lua_add_argument(irminsul_lua *lua, irminsul_slice argument) {
  return add_protected(lua, &lua->arguments_reference, &lua->argument_count, argument);
}

void irminsul_lua_drop_additions(irminsul_lua *lua) {
  // luaL_unref only moves numbers in the registry: it cannot fail.
  luaL_unref(lua->main, LUA_REGISTRYINDEX, lua->keys_reference);
  luaL_unref(lua->main, LUA_REGISTRYINDEX, lua->arguments_reference);
  lua->keys_reference = lua->arguments_reference = LUA_NOREF;
  lua->key_count = lua->argument_count = 0;
  lua_gc(lua->main, LUA_GCCOLLECT);
}

/// Adds `source` and `line` of the raising Lua code to the error, as Redis' handler does.
static int describe_error(lua_State *L) {
  lua_Debug place;
  bool known = lua_getstack(L, 1, &place) && lua_getinfo(L, "Sl", &place);
  if (known && strcmp(place.what, "C") == 0) {
    known = lua_getstack(L, 2, &place) && lua_getinfo(L, "Sl", &place);
  }
  if (!lua_istable(L, 1)) {
    size_t length;
    irminsul_reword(L);
    luaL_tolstring(L, 1, &length);
    lua_createtable(L, 0, 3);
    lua_pushliteral(L, "ERR ");
    lua_pushvalue(L, -3);
    lua_concat(L, 2);
    lua_setfield(L, -2, "err");
    lua_replace(L, 1);
    lua_settop(L, 1);
  }
  if (known) {
    lua_pushliteral(L, "source");
    lua_pushstring(L, place.source);
    lua_rawset(L, 1);
    lua_pushliteral(L, "line");
    lua_pushinteger(L, place.currentline);
    lua_rawset(L, 1);
  }
  return 1;
}

struct run {
  const char *sha1;
  irminsul_buffer *reply;
  /// Whether the script itself came to its end; an error after that is one of the conversion.
  bool ended;
};

static void set_global_list(lua_State *L, int *reference, const char *name) {
  if (*reference == LUA_NOREF) {
    lua_newtable(L);
  } else {
    lua_rawgeti(L, LUA_REGISTRYINDEX, *reference);
    luaL_unref(L, LUA_REGISTRYINDEX, *reference);
    *reference = LUA_NOREF;
  }
  lua_setfield(L, -2, name);
}

static int run(lua_State *L) {
  struct run *job = lua_touserdata(L, 1);
  irminsul_lua *lua = irminsul_of(L);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &irminsul_globals_key);
  set_global_list(L, &lua->keys_reference, "KEYS");
  set_global_list(L, &lua->arguments_reference, "ARGV");
  lua_pop(L, 1);
  lua_pushcfunction(L, describe_error);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &scripts_key);
  lua_pushlstring(L, job->sha1, 40);
  lua_rawget(L, -2);
  lua_remove(L, -2);
  int status = lua_pcall(L, 0, 1, -2);
  // Whatever happens now is not the script's: it may take the time it needs.
  lua_sethook(L, NULL, 0, 0);
  if (lua->stopped != IRMINSUL_DONE) return 0;
  if (status == LUA_OK) {
    job->ended = true;
    irminsul_encode_reply(L, job->reply);
    return 0;
  }
  if (!lua_istable(L, -1)) {
    // Out of memory, or an error in the handler: no table was made of it.
    size_t length;
    const char *text = lua_tolstring(L, -1, &length);
    if (!text) text = "execution failure";
    lua_pushfstring(L, "ERR Error running script f_%s, %s", job->sha1, text);
  } else {
    lua_pushliteral(L, "err");
    lua_rawget(L, -2);
    if (!lua_isstring(L, -1)) {
      lua_pop(L, 1);
      lua_pushliteral(L, "ERR unknown error");
    }
    lua_pushliteral(L, "source");
    lua_rawget(L, -3);
    lua_pushliteral(L, "line");
    lua_rawget(L, -4);
    if (lua_isstring(L, -1) && lua_isstring(L, -2)) {
      const char *source = lua_tostring(L, -2), *line = lua_tostring(L, -1);
      lua_pushvalue(L, -3);
      lua_pushfstring(L, " script: %s, on %s:%s.", job->sha1, source, line);
      lua_concat(L, 2);
    } else {
      lua_pop(L, 2);
    }
  }
  size_t length;
  const char *text = lua_tolstring(L, -1, &length);
  size_t start = job->reply->length + 9;
  irminsul_buffer_text(job->reply, IRMINSUL_ERROR, text, length);
  if (!job->reply->exhausted) {
    for (size_t i = start; i < job->reply->length; i++) {
      uint8_t *byte = &job->reply->bytes[i];
      if (*byte == '\r' || *byte == '\n') *byte = ' ';
    }
  }
  return 0;
}

irminsul_outcome irminsul_lua_run(
    irminsul_lua *lua, const char *sha1, int64_t nanoseconds, irminsul_buffer *reply) {
  lua_State *L = lua->main;
  struct run job = {sha1, reply, false};
  lua->stopped = IRMINSUL_DONE;
  lua->deadline = now() + nanoseconds;
  lua->is_typed = false;
  irminsul_reset_cjson(lua);
  // Marks of an earlier run that nobody took are not this one's.
  if (lua->line_capacity) memset(lua->lines, 0, lua->line_capacity);
  lua->line_count = 0;
  irminsul_begin_hooks(lua);
  lua_pushcfunction(L, run);
  lua_pushlightuserdata(L, &job);
  int status = lua_pcall(L, 1, 0, 0);
  lua_sethook(L, NULL, 0, 0);
  lua->key_count = lua->argument_count = 0;
  irminsul_outcome outcome = lua->stopped;
  if (outcome == IRMINSUL_DONE && (status != LUA_OK || reply->exhausted)) {
    char text[256] = "ERR not enough memory for the script's arguments or reply";
    if (status == LUA_ERRRUN && lua_type(L, -1) == LUA_TSTRING) {
      text[4] = 0;
      strncat(text, lua_tostring(L, -1), sizeof text - 5);
    }
    irminsul_buffer_release(reply);
    irminsul_buffer_text(reply, IRMINSUL_ERROR, text, strlen(text));
    outcome = IRMINSUL_FAILED;
  } else if (outcome == IRMINSUL_DONE && !job.ended) {
    outcome = IRMINSUL_FAILED;
  }
  lua_settop(L, 0);
  if (lua->reply.capacity > 1 << 20) irminsul_buffer_release(&lua->reply);
  if (lua->json.capacity > 1 << 20) {
    lua->used -= lua->json.capacity;
    irminsul_buffer_release(&lua->json);
  }
  if (lua->used > idle_memory) lua_gc(L, LUA_GCCOLLECT);
  return outcome;
}
