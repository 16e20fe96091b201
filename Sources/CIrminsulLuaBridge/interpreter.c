// Opening, compiling and running, with limits of memory and time.
#include <time.h>

#include "state.h"

enum {
  /// A state that holds more than this after a run is collected at once.
  idle_memory = 64 << 20,
  /// What a script has used is given back to the system if it was more than this.
  large_memory = 256 << 20,
  /// A block of this size takes long enough to be filled for the clock to be looked at meanwhile.
  large_block = 32 << 20,
  page_size = 4096,
  /// Compiled scripts that are kept; with one more all are compiled anew.
  most_scripts = 1000,
};

static const char scripts_key = 0, last_script_key = 0;

const char irminsul_script_source[] = "@user_script";

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

// Small blocks come from a pool, as most of what a script makes is small and lives for microseconds. Lua tells
// the size of what it gives back, so that a block needs no header.
enum { pool_size = 8 << 20, pool_grain = 16 };

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define IRMINSUL_SANITIZED 1
#endif
#endif
#ifdef IRMINSUL_SANITIZED
static const bool is_sanitized = true;
#else
static const bool is_sanitized = false;
#endif

static inline size_t class_of(size_t size) { return (size + pool_grain - 1) / pool_grain; }

static inline bool is_pooled(const irminsul_lua *lua, const void *block) {
  return (uintptr_t)block - (uintptr_t)lua->pool < pool_size;
}

/// A block of the pool; null when it has none of this size.
static inline void *take_block(irminsul_lua *lua, size_t size) {
  // The address sanitizer sees only into blocks that malloc has made.
  if (is_sanitized) return NULL;
  size_t class = class_of(size);
  if (class >= irminsul_pool_classes) return NULL;
  void *block = lua->free_blocks[class];
  if (block) {
    memcpy(&lua->free_blocks[class], block, sizeof block);
    return block;
  }
  if (pool_size - lua->pool_used < class * pool_grain) return NULL;
  block = lua->pool + lua->pool_used;
  lua->pool_used += class * pool_grain;
  return block;
}

static inline void give_block(irminsul_lua *lua, void *block, size_t size) {
  size_t class = class_of(size);
  memcpy(block, &lua->free_blocks[class], sizeof block);
  lua->free_blocks[class] = block;
}

static void *change_size(irminsul_lua *lua, void *block, size_t old_size, size_t new_size) {
  if (!block) {
    block = take_block(lua, new_size);
    return block ? block : malloc(new_size);
  }
  if (!is_pooled(lua, block)) return realloc(block, new_size);
  if (class_of(old_size) == class_of(new_size)) return block;
  void *moved = take_block(lua, new_size);
  if (!moved && new_size > old_size) moved = malloc(new_size);
  // A block that shrinks must not fail: it stays where it is.
  if (!moved) return new_size > old_size ? NULL : block;
  memcpy(moved, block, old_size < new_size ? old_size : new_size);
  give_block(lua, block, old_size);
  return moved;
}

/// Whether the script's time is over; what it does next fails then.
static bool is_late(irminsul_lua *lua) {
  if (lua->stopped != IRMINSUL_DONE) return true;
  int64_t time = now();
  if (!lua->deadline) lua->deadline = time + lua->time_limit;
  if (time >= lua->deadline) lua->stopped = IRMINSUL_TIMED_OUT;
  return lua->stopped != IRMINSUL_DONE;
}

/// Has the system find the memory of a part of a block, which is most of the time that a script of few instructions may
/// take; false when that took too long.
static bool touch(irminsul_lua *lua, uint8_t *block, size_t from, size_t to) {
  enum { step = 8 << 20 };
  for (size_t place = from; place < to; place += page_size) {
    if ((place - from) % step < page_size && is_late(lua)) return false;
    ((volatile uint8_t *)block)[place] = 0;
  }
  return true;
}

static void *allocate(void *context, void *block, size_t old_size, size_t new_size) {
  irminsul_lua *lua = context;
  if (!block) old_size = 0;  // Lua passes a type here
  if (new_size == 0) {
    if (block && is_pooled(lua, block)) {
      give_block(lua, block, old_size);
    } else {
      free(block);
    }
    lua->used -= old_size;
    return NULL;
  }
  if (new_size > old_size && new_size - old_size > lua->limit - lua->used) return NULL;
  bool is_large = lua->is_running && new_size > old_size && new_size - old_size >= large_block;
  if (is_large && is_late(lua)) return NULL;
  void *changed = change_size(lua, block, old_size, new_size);
  if (!changed) return NULL;
  lua->used = lua->used - old_size + new_size;
  if (lua->used > lua->peak) lua->peak = lua->used;
  // A block of its own is given back at once; one that has grown stays, and the next look at the clock is not far.
  if (is_large && !touch(lua, changed, old_size, new_size) && !block) {
    free(changed);
    lua->used -= new_size;
    return NULL;
  }
  return changed;
}

/// The time of some milliseconds ago, at most: it costs a fraction of the exact one.
static int64_t recently(void) {
#ifdef CLOCK_MONOTONIC_COARSE
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
#else
  return now();
#endif
}

void irminsul_check_time_of_call(lua_State *L) {
  irminsul_lua *lua = irminsul_of(L);
  int64_t time = recently();
  if (!lua->deadline) lua->deadline = time + lua->time_limit;
  if (time >= lua->deadline) irminsul_check_time(L);
}

void irminsul_check_time(lua_State *L) {
  irminsul_lua *lua = irminsul_of(L);
  if (lua->stopped == IRMINSUL_DONE) {
    int64_t time = now();
    if (!lua->deadline) lua->deadline = time + lua->time_limit;
    if (time < lua->deadline) return;
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
  irminsul_open_math(L);
  irminsul_open_coroutine(L);
  lua_newtable(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &scripts_key);
  lua_pushboolean(L, 0);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &last_script_key);
  irminsul_protect_globals(L);
  irminsul_open_libraries(L);
  // What a script makes is mostly gone at its end; what is compiled stays.
  lua_gc(L, LUA_GCGEN, 0, 0);
  return 0;
}

irminsul_lua *irminsul_lua_open(
    size_t memory_limit, void *context, irminsul_call call, irminsul_log log,
    irminsul_knows knows, irminsul_note_error note_error) {
  irminsul_lua *lua = calloc(1, sizeof *lua);
  if (!lua) return NULL;
  lua->limit = memory_limit;
  lua->context = context;
  lua->call = call;
  lua->log = log;
  lua->knows = knows;
  lua->note_error = note_error;
  lua->pool = malloc(pool_size);
  if (!lua->pool) {
    free(lua);
    return NULL;
  }
  lua->main = lua_newstate(allocate, lua);
  if (!lua->main) {
    free(lua->pool);
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

/// What cjson writes into comes from the interpreter's own memory.
static void release_json(irminsul_lua *lua) {
  if (lua->json.bytes) allocate(lua, lua->json.bytes, lua->json.capacity, 0);
  lua->json = (irminsul_buffer){0};
}

void irminsul_lua_close(irminsul_lua *lua) {
  if (!lua) return;
  lua_close(lua->main);
  release_json(lua);
  irminsul_buffer_release(&lua->reply);
  free(lua->lines);
  free(lua->pool);
  free(lua);
}

size_t irminsul_lua_memory(const irminsul_lua *lua) { return lua->used; }

/// Leaves no compiled scripts but those that run.
static void forget_scripts(lua_State *L) {
  lua_newtable(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &scripts_key);
  irminsul_of(L)->script_count = 0;
  irminsul_of(L)->last_sha1[0] = 0;
}

void irminsul_clear_registered(lua_State *L, const void *key) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, key);
  for (lua_pushnil(L); lua_next(L, -2);) {
    lua_pop(L, 1);
    lua_pushvalue(L, -1);
    lua_pushnil(L);
    lua_rawset(L, -4);
  }
  lua_pop(L, 1);
}

/// Gives back all that may be made anew, when memory has run out before a script began. Raises no error.
static void forget(irminsul_lua *lua) {
  lua_State *L = lua->main;
  lua_settop(L, 0);
  irminsul_forget_libraries(L);
  irminsul_clear_registered(L, &scripts_key);
  // Its place is there since the interpreter was opened.
  lua_pushboolean(L, 0);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &last_script_key);
  lua->last_sha1[0] = 0;
  lua->script_count = 0;
  release_json(lua);
  lua_gc(L, LUA_GCCOLLECT);
}

// Arguments of the protected functions below travel as light userdata.

/// Replaces what 5.4's compiler says of a program that is beyond its limits by what 5.1's says of its own.
static void reword_limit(lua_State *L) {
  static const struct {
    const char *found, *wanted;
    bool names_token;
  } limits[] = {
      {"C stack overflow", "chunk has too many syntax levels", false},
      {"function or expression needs too many registers", "function or expression too complex", true},
  };
  const char *text = lua_tostring(L, -1);
  for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
    const char *place = strstr(text, limits[i].found);
    if (!place) continue;
    lua_pushlstring(L, text, (size_t)(place - text));
    lua_pushstring(L, limits[i].wanted);
    lua_pushstring(L, limits[i].names_token ? place + strlen(limits[i].found) : "");
    lua_concat(L, 3);
    lua_replace(L, -2);
    return;
  }
}

struct rest {
  const char *text;
  size_t length;
};

/// Hands a program to the compiler in pieces, between which the clock is looked at.
static const char *read_piece(lua_State *L, void *data, size_t *size) {
  enum { most = 64 << 10 };
  struct rest *rest = data;
  irminsul_check_compile_time(L);
  const char *piece = rest->text;
  *size = rest->length < most ? rest->length : most;
  rest->text += *size;
  rest->length -= *size;
  return piece;
}

int irminsul_load(
    lua_State *L, const char *text, size_t length, const char *chunk_name, int depth) {
  int top = lua_gettop(L);
  luaL_checkstack(L, 8, NULL);
  lua_pushcfunction(L, irminsul_translate);
  lua_pushlstring(L, text, length);
  // The name in messages is what an empty program of that name has.
  lua_Debug program;
  if (luaL_loadbufferx(L, "", 0, chunk_name, "t") != LUA_OK) return LUA_ERRMEM;
  lua_getinfo(L, ">S", &program);
  lua_pushstring(L, program.short_src);
  lua_pushinteger(L, depth);
  int status = lua_pcall(L, 3, 2, 0);
  if (status != LUA_OK) return status;
  struct rest rest;
  rest.text = lua_tolstring(L, top + 1, &rest.length);
  status = lua_load(L, read_piece, &rest, chunk_name, "t");
  lua_replace(L, top + 1);
  if (status != LUA_OK) {
    lua_settop(L, top + 1);
    if (status == LUA_ERRSYNTAX) reword_limit(L);
  }
  return status;
}

/// Pushes the function of a script, which is compiled if it is new; on failure its message. The result is
/// Lua's status.
static int push_script(lua_State *L, const char *sha1, irminsul_slice source) {
  irminsul_lua *lua = irminsul_of(L);
  if (lua->script_count > most_scripts) forget_scripts(L);
  if (memcmp(lua->last_sha1, sha1, sizeof lua->last_sha1) == 0) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, &last_script_key);
    return LUA_OK;
  }
  lua_rawgetp(L, LUA_REGISTRYINDEX, &scripts_key);
  lua_pushlstring(L, sha1, 40);
  lua_pushvalue(L, -1);
  if (lua_rawget(L, -3) != LUA_TFUNCTION) {
    lua_pop(L, 1);
    int status = irminsul_load(
        L, (const char *)source.bytes, source.length, irminsul_script_source, 0);
    // That it does not fit is no mistake of the script.
    if (status == LUA_ERRMEM) return lua_error(L);
    if (status != LUA_OK) return status;
    lua->script_count++;
    // Its notes are kept by the function.
    lua_pushvalue(L, -2);
    lua_insert(L, -2);
    lua_rawset(L, -5);
    lua_pushvalue(L, -2);
    lua_pushvalue(L, -2);
    lua_rawset(L, -5);
  }
  lua_pushvalue(L, -1);
  lua_rawget(L, -4);
  lua->notes = lua_tolstring(L, -1, &lua->notes_length);
  lua->first_line = atoi(lua->notes);
  lua->own_instructions = atoi(strchr(lua->notes, ':') + 1);
  size_t prefix = strlen(lua->notes) + 1;
  lua->notes += prefix;
  lua->notes_length -= prefix;
  lua_pop(L, 1);
  lua_replace(L, -3);
  lua_pop(L, 1);
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &last_script_key);
  memcpy(lua->last_sha1, sha1, sizeof lua->last_sha1);
  return LUA_OK;
}

/// Appends an error as one line: what would end it are spaces in it, and nothing at its end.
static void append_error(irminsul_buffer *reply, const char *text, size_t length) {
  while (length && (text[length - 1] == '\r' || text[length - 1] == '\n')) length--;
  size_t start = reply->length + 9;
  irminsul_buffer_text(reply, IRMINSUL_ERROR, text, length);
  if (reply->exhausted) return;
  for (size_t i = start; i < reply->length; i++) {
    uint8_t *byte = &reply->bytes[i];
    if (*byte == '\r' || *byte == '\n') *byte = ' ';
  }
}

/// Appends why a script does not compile: the message is at the top of the stack.
static void append_compile_error(lua_State *L, irminsul_buffer *reply) {
  const char *reason = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "unknown";
  const char *text = lua_pushfstring(L, "ERR Error compiling script (new function): %s", reason);
  append_error(reply, text, strlen(text));
}

struct compilation {
  const char *sha1;
  irminsul_slice source;
  irminsul_buffer *reply;
  bool is_invalid;
};

static int compile(lua_State *L) {
  struct compilation *job = lua_touserdata(L, 1);
  if (push_script(L, job->sha1, job->source) == LUA_OK) return 0;
  append_compile_error(L, job->reply);
  job->is_invalid = true;
  return 0;
}

static void begin(irminsul_lua *lua, int64_t nanoseconds);

irminsul_outcome irminsul_lua_compile(
    irminsul_lua *lua, const char *sha1, irminsul_slice source, int64_t nanoseconds,
    irminsul_buffer *reply) {
  lua_State *L = lua->main;
  struct compilation job = {sha1, source, reply, false};
  begin(lua, nanoseconds);
  lua_pushcfunction(L, compile);
  lua_pushlightuserdata(L, &job);
  int status = lua_pcall(L, 1, 0, 0);
  lua_settop(L, 0);
  if (status != LUA_OK) {
    forget(lua);
    lua_pushcfunction(L, compile);
    lua_pushlightuserdata(L, &job);
    status = lua_pcall(L, 1, 0, 0);
    lua_settop(L, 0);
  }
  lua_sethook(L, NULL, 0, 0);
  if (lua->stopped != IRMINSUL_DONE) return lua->stopped;
  if (status != LUA_OK) {
    static const char text[] = "OOM the script does not fit into the memory limit";
    irminsul_buffer_release(reply);
    irminsul_buffer_text(reply, IRMINSUL_ERROR, text, sizeof text - 1);
    return IRMINSUL_FAILED;
  }
  return job.is_invalid ? IRMINSUL_INVALID : IRMINSUL_DONE;
}

/// Adds `source` and `line` of the raising Lua code to the error, as Redis' handler does.
static int describe_error(lua_State *L) {
  lua_Debug place;
  bool known = lua_getstack(L, 1, &place) && lua_getinfo(L, "Sl", &place);
  if (known && strcmp(place.what, "C") == 0) {
    known = lua_getstack(L, 2, &place) && lua_getinfo(L, "Sl", &place);
  }
  if (!lua_istable(L, 1)) {
    irminsul_reword(L);
    irminsul_push_shown(L, 1);
    lua_createtable(L, 0, 3);
    lua_pushliteral(L, "ERR ");
    lua_pushvalue(L, -3);
    lua_concat(L, 2);
    lua_setfield(L, -2, "err");
    lua_replace(L, 1);
    lua_settop(L, 1);
  }
  // Not raw, as on Redis: a script's metatable may have its say.
  if (known) {
    lua_pushstring(L, place.source);
    lua_setfield(L, 1, "source");
    lua_pushinteger(L, place.currentline);
    lua_setfield(L, 1, "line");
  }
  if (!lua_getmetatable(L, 1)) return 1;
  static const char *const fields[] = {"err", "source", "line", "ignore_error_stats_update"};
  lua_createtable(L, 0, 4);
  for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
    lua_getfield(L, 1, fields[i]);
    lua_setfield(L, -2, fields[i]);
  }
  return 1;
}

struct run {
  /// The digits of a script, or the name of a function, as messages have it.
  const char *sha1;
  irminsul_slice source;
  /// The library of a function; null for a script.
  const char *library;
  const irminsul_slice *words;
  size_t key_count;
  size_t argument_count;
  irminsul_buffer *reply;
  /// Whether script, keys and arguments are in the interpreter.
  bool begun;
  /// Whether the script itself came to its end; an error after that is one of the conversion.
  bool ended;
  bool is_invalid;
  /// Whether the script has run out of memory.
  bool is_hungry;
};

static void push_list(lua_State *L, const irminsul_slice *words, size_t count) {
  luaL_checkstack(L, 6, NULL);
  lua_createtable(L, count < INT32_MAX ? (int)count : INT32_MAX, 0);
  for (size_t i = 0; i < count; i++) {
    lua_pushlstring(L, (const char *)words[i].bytes, words[i].length);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
}

/// Sets a global to a list of strings. The tables of globals are at the top.
static void set_list(
    lua_State *L, const char *name, const irminsul_slice *words, size_t count) {
  push_list(L, words, count);
  for (int table = -5; table <= -4; table++) {
    lua_pushstring(L, name);
    lua_pushvalue(L, -2);
    lua_rawset(L, table);
  }
  lua_pop(L, 1);
}

/// Pushes what is to be called, and its arguments; false when there is nothing of that kind.
static bool push_call(lua_State *L, struct run *job) {
  if (job->library) {
    irminsul_of(L)->notes = NULL;
    irminsul_of(L)->first_line = 0;
    irminsul_of(L)->own_instructions = 0;
    irminsul_of(L)->last_sha1[0] = 0;
    if (!irminsul_push_function(L, job->library, job->sha1)) {
      static const char text[] = "ERR Function not found";
      irminsul_buffer_text(job->reply, IRMINSUL_ERROR, text, sizeof text - 1);
      return false;
    }
    push_list(L, job->words, job->key_count);
    push_list(L, job->words + job->key_count, job->argument_count);
    return true;
  }
  if (push_script(L, job->sha1, job->source) != LUA_OK) {
    append_compile_error(L, job->reply);
    return false;
  }
  lua_rawgetp(L, LUA_REGISTRYINDEX, &irminsul_globals_key);
  lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
  set_list(L, "KEYS", job->words, job->key_count);
  set_list(L, "ARGV", job->words + job->key_count, job->argument_count);
  lua_pop(L, 2);
  return true;
}

static int run(lua_State *L) {
  struct run *job = lua_touserdata(L, 1);
  irminsul_lua *lua = irminsul_of(L);
  lua_pushcfunction(L, describe_error);
  int handler = lua_gettop(L);
  if (!push_call(L, job)) {
    job->is_invalid = true;
    return 0;
  }
  job->begun = true;
  irminsul_begin_hooks(lua);
  lua->is_running = true;
  int status = lua_pcall(L, lua_gettop(L) - handler - 1, 1, handler);
  lua->is_running = false;
  // Whatever happens now is not the script's: it may take the time it needs.
  lua_sethook(L, NULL, 0, 0);
  job->is_hungry = status == LUA_ERRMEM;
  if (lua->stopped != IRMINSUL_DONE) return 0;
  if (status == LUA_OK) {
    job->ended = true;
    irminsul_encode_reply(L, job->reply);
    return 0;
  }
  int error = lua_gettop(L);
  if (!lua_istable(L, -1)) {
    // Out of memory, or an error in the handler: no table was made of it.
    size_t length;
    const char *text = lua_tolstring(L, -1, &length);
    if (!text) text = "execution failure";
    lua_pushfstring(
        L, "ERR Error running script %s%s, %s", job->library ? "" : "f_", job->sha1, text);
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
      irminsul_push_text(L, -3);
      lua_pushfstring(
          L, "%s script: %s, on %s:%s.", lua_tostring(L, -1), job->sha1, source, line);
    } else {
      lua_pop(L, 2);
    }
  }
  size_t length;
  irminsul_push_text(L, -1);
  const char *text = lua_tolstring(L, -1, &length);
  irminsul_tell_error(L, error, text, length);
  append_error(job->reply, text, length);
  return 0;
}

static void begin(irminsul_lua *lua, int64_t nanoseconds) {
  lua->stopped = IRMINSUL_DONE;
  lua->time_limit = nanoseconds;
  lua->deadline = 0;
  lua->is_compiling_timed = true;
  lua->peak = lua->used;
  lua->is_typed = false;
  lua->collected = 0;
  lua->collector[0] = lua->collector[1] = 200;
  irminsul_reset_cjson(lua);
}

/// Gives back what a run has needed.
static void end(irminsul_lua *lua) {
  lua_settop(lua->main, 0);
  if (lua->reply.capacity > 1 << 20) irminsul_buffer_release(&lua->reply);
  if (lua->json.capacity > 1 << 20) release_json(lua);
  if (lua->used > idle_memory) lua_gc(lua->main, LUA_GCCOLLECT);
}

/// Lua's status, with a message at the top if it is an error.
static int attempt(irminsul_lua *lua, struct run *job) {
  lua_pushcfunction(lua->main, run);
  lua_pushlightuserdata(lua->main, job);
  int status = lua_pcall(lua->main, 1, 0, 0);
  lua_sethook(lua->main, NULL, 0, 0);
  return status;
}

static irminsul_outcome perform(irminsul_lua *lua, struct run job, int64_t nanoseconds) {
  lua_State *L = lua->main;
  irminsul_buffer *reply = job.reply;
  begin(lua, nanoseconds);
  // Marks of an earlier run that nobody took are not this one's.
  if (lua->line_capacity) memset(lua->lines, 0, lua->line_capacity);
  lua->line_count = 0;
  int status = attempt(lua, &job);
  if (lua->stopped == IRMINSUL_DONE && status != LUA_OK && !job.begun) {
    forget(lua);
    // A function is gone with its library, and comes back with the next call.
    if (!job.library) status = attempt(lua, &job);
  }
  irminsul_outcome outcome = lua->stopped;
  if (job.is_invalid && outcome == IRMINSUL_DONE) {
    outcome = IRMINSUL_INVALID;
  } else if (outcome == IRMINSUL_DONE && status != LUA_OK && !job.begun) {
    static const char text[] = "OOM the arguments do not fit into the script's memory limit";
    irminsul_buffer_text(reply, IRMINSUL_ERROR, text, sizeof text - 1);
    outcome = IRMINSUL_FAILED;
  } else if (outcome == IRMINSUL_DONE && (status != LUA_OK || reply->exhausted)) {
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
  end(lua);
  bool was_large = lua->peak > large_memory;
  if (job.is_hungry) {
    // If it is not the script that holds most of the memory, it is what libraries keep.
    lua_gc(L, LUA_GCCOLLECT);
    if (lua->used > lua->limit / 2) forget(lua);
  }
  if (was_large && lua->used < large_memory / 2) irminsul_heap_trim();
  return outcome;
}

irminsul_outcome irminsul_lua_run(
    irminsul_lua *lua, const char *sha1, irminsul_slice source, const irminsul_slice *words,
    size_t key_count, size_t argument_count, int64_t nanoseconds, irminsul_buffer *reply) {
  struct run job = {
      .sha1 = sha1,
      .source = source,
      .words = words,
      .key_count = key_count,
      .argument_count = argument_count,
      .reply = reply,
  };
  return perform(lua, job, nanoseconds);
}

irminsul_outcome irminsul_lua_call(
    irminsul_lua *lua, const char *library, const char *function, const irminsul_slice *words,
    size_t key_count, size_t argument_count, int64_t nanoseconds, irminsul_buffer *reply) {
  struct run job = {
      .sha1 = function,
      .library = library,
      .words = words,
      .key_count = key_count,
      .argument_count = argument_count,
      .reply = reply,
  };
  return perform(lua, job, nanoseconds);
}

struct loading {
  const char *library;
  irminsul_slice source;
  irminsul_buffer *reply;
  bool is_loaded;
};

static int load_library(lua_State *L) {
  struct loading *job = lua_touserdata(L, 1);
  job->is_loaded = irminsul_load_library(L, job->library, job->source, job->reply);
  if (!job->is_loaded) {
    size_t length;
    const char *text = lua_tolstring(L, -1, &length);
    irminsul_buffer_text(job->reply, IRMINSUL_ERROR, text, length);
  }
  return 0;
}

irminsul_outcome irminsul_lua_load_library(
    irminsul_lua *lua, const char *library, irminsul_slice source, int64_t nanoseconds,
    irminsul_buffer *reply) {
  lua_State *L = lua->main;
  struct loading job = {library, source, reply, false};
  begin(lua, nanoseconds);
  lua->is_loading = true;
  lua_pushcfunction(L, load_library);
  lua_pushlightuserdata(L, &job);
  int status = lua_pcall(L, 1, 0, 0);
  lua_sethook(L, NULL, 0, 0);
  lua->is_loading = false;
  end(lua);
  if (lua->stopped != IRMINSUL_DONE) return lua->stopped;
  if (status != LUA_OK) {
    static const char text[] = "OOM the library does not fit into the memory limit";
    forget(lua);
    irminsul_buffer_release(reply);
    irminsul_buffer_text(reply, IRMINSUL_ERROR, text, sizeof text - 1);
  }
  return status == LUA_OK && job.is_loaded ? IRMINSUL_DONE : IRMINSUL_FAILED;
}
