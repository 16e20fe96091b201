// What the C files of the bridge share.
#pragma once
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <math.h>

#include "bridge.h"

struct cjson_settings;

/// Sizes of blocks in the pool, 0 among them.
enum { irminsul_pool_classes = 33 };

struct irminsul_lua {
  lua_State *main;
  /// Blocks of up to 512 bytes: those never used lie behind the first `pool_used` bytes, those given back in a
  /// list for each size.
  uint8_t *pool;
  size_t pool_used;
  void *free_blocks[irminsul_pool_classes];
  size_t used;
  size_t limit;
  void *context;
  irminsul_call call;
  irminsul_log log;
  irminsul_knows knows;
  /// The reply of the redis.call that runs now.
  irminsul_buffer reply;
  /// What cjson.encode is writing; counted into `used`.
  irminsul_buffer json;
  /// Those of the table `cjson` that scripts see.
  struct cjson_settings *cjson;
  /// Monotonic nanoseconds; the script ends when they are reached.
  int64_t deadline;
  /// IRMINSUL_DONE while the script may go on.
  irminsul_outcome stopped;
  /// The 48 bits of lrand48.
  uint64_t random;
  /// Whether lines are marked, and the marks by line number; not counted into `used`.
  bool records_lines;
  uint8_t *lines;
  size_t line_count;
  size_t line_capacity;
  /// Who watches, and at which events (bits of irminsul_event).
  irminsul_hook hook;
  unsigned hook_events;
  int hook_instructions;
  /// Whether redis.setresp(3) holds.
  bool is_typed;
  /// Instructions counted for the hook since the last look at the clock.
  int64_t hook_counted;
  /// The thread that runs now, in a hook or a redis.call, and how many of its innermost frames are
  /// not the script's.
  lua_State *running;
  int hidden_frames;
};

static inline irminsul_lua *irminsul_of(lua_State *L) {
  return *(irminsul_lua **)lua_getextraspace(L);
}

/// Raises an error that the script may catch, but that comes again at its next instruction.
int irminsul_stop(lua_State *L, irminsul_outcome reason);

/// Stops the script if its time is over.
void irminsul_check_time(lua_State *L);

/// To be called at each step of a long loop in C, where no instruction is counted.
static inline void irminsul_count_step(lua_State *L, unsigned *steps) {
  if ((++*steps & 0xfff) == 0) irminsul_check_time(L);
}

/// Pushes a double so that tostring prints what Lua 5.1 would: `3`, not `3.0`.
static inline void irminsul_push_number(lua_State *L, double number) {
  // 5.1 prints with %.14g, so integers of 15 digits and more look the same as floats of 5.4. And it
  // tells -0 from 0.
  if (number > -1e14 && number < 1e14 && (double)(lua_Integer)number == number &&
      !(number == 0 && signbit(number))) {
    lua_pushinteger(L, (lua_Integer)number);
  } else {
    lua_pushnumber(L, number);
  }
}

/// Whether 5.1 would have room for more values on the stack of this C function, of whose values
/// `extra` are not there on Redis; makes room if so.
bool irminsul_has_room(lua_State *L, int64_t slots, int extra);

/// Arguments as 5.1 takes them, or its error.
double irminsul_check_number(lua_State *L, int index);
int64_t irminsul_check_integer(lua_State *L, int index);
const char *irminsul_check_string(lua_State *L, int index, size_t *length);

/// C's conversions, and where those are undefined, what x86-64 gives, where Redis mostly runs.
int64_t irminsul_to_signed(double number);
uint64_t irminsul_to_unsigned(double number);

/// Pushes the error table that Redis makes of a message; `-CODE text` keeps its code.
void irminsul_push_error(lua_State *L, const char *message, size_t length);

/// Raises that table.
int irminsul_raise(lua_State *L, const char *message);

/// Appends the value at the top of the stack as a reply, and pops it.
void irminsul_encode_reply(lua_State *L, irminsul_buffer *reply);

/// Pushes the first value of a reply from `position` on and returns the position after it.
size_t irminsul_decode_reply(lua_State *L, const irminsul_buffer *reply, size_t position);

/// The name of a script's chunk, as messages show it.
extern const char irminsul_script_source[];

/// How many VM instructions pass between two looks at the clock: some tens of microseconds.
enum { irminsul_instructions_per_check = 10000 };

/// The one hook of the interpreter: time, marks of lines, and the hook of a host.
void irminsul_on_event(lua_State *L, lua_Debug *event);

/// Sets that hook for a run.
void irminsul_begin_hooks(irminsul_lua *lua);

/// Registers what scripts see; each leaves nothing on the stack.
void irminsul_open_globals(lua_State *L);
void irminsul_open_redis(lua_State *L);
void irminsul_open_struct(lua_State *L);
void irminsul_open_bit(lua_State *L);
void irminsul_open_cjson(lua_State *L);
void irminsul_open_cmsgpack(lua_State *L);

/// Put 5.1's functions into the library at the top of the stack.
void irminsul_set_base_functions(lua_State *L);
void irminsul_set_table_functions(lua_State *L);
void irminsul_set_string_functions(lua_State *L);
void irminsul_set_coroutine_functions(lua_State *L);

/// Replaces a message of 5.4's interpreter at the top of the stack by 5.1's wording of it.
void irminsul_reword(lua_State *L);

/// Undoes what a script has set in `cjson`.
void irminsul_reset_cjson(irminsul_lua *lua);

/// Makes the globals and every library read-only; the last step of opening.
void irminsul_protect_globals(lua_State *L);

/// Replaces a read-only view at the top of the stack by what is behind it.
void irminsul_see_through(lua_State *L);

/// Registry key of the real table of globals, which scripts see through a read-only view.
extern const char irminsul_globals_key;
