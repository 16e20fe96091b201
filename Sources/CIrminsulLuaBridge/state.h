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
  int script_count;
  int library_count;
  void *context;
  irminsul_call call;
  irminsul_log log;
  irminsul_knows knows;
  irminsul_note_error note_error;
  /// The reply of the redis.call that runs now.
  irminsul_buffer reply;
  /// What cjson.encode is writing; counted into `used`.
  irminsul_buffer json;
  /// Those of the table `cjson` that scripts see.
  struct cjson_settings *cjson;
  /// Nanoseconds that the script has, and the monotonic ones at which it ends: known from the first look at the
  /// clock on, which most scripts are too short for.
  int64_t time_limit;
  int64_t deadline;
  /// Whether translating and compiling count for that time: not for libraries, of which only the registering does.
  bool is_compiling_timed;
  /// Whether the script itself runs, whose large blocks are looked at.
  bool is_running;
  /// The most that it has used, since it began.
  size_t peak;
  /// Read or written by functions of C since the last look at the clock.
  size_t bytes;
  /// IRMINSUL_DONE while the script may go on.
  irminsul_outcome stopped;
  /// What 5.1's collector would have done in steps of the present cycle, its pause and the speed of its steps, as the
  /// script has set them.
  int64_t collected;
  int collector[2];
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
  /// Whether a library is being loaded, which registers its functions.
  bool is_loading;
  /// Instructions counted for the hook since the last look at the clock.
  int64_t hook_counted;
  /// What translating the script that runs has noted; see `struct translation`.
  const char *notes;
  size_t notes_length;
  /// The line of the script's first word: what runs before is the translation's own.
  int first_line;
  /// The instructions of that beginning, and those of them that are still to come.
  int own_instructions;
  int own_left;
  /// The script that ran last, which is at hand; empty when there is none.
  char last_sha1[40];
  /// The message that a script has just raised by itself, which is no message of the interpreter's.
  const void *own_message;
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

/// The same while a program is translated or compiled.
static inline void irminsul_check_compile_time(lua_State *L) {
  irminsul_lua *lua = irminsul_of(L);
  if (lua->is_compiling_timed) irminsul_check_time(L);
}

/// The same for every command, of which few may take all of the time.
void irminsul_check_time_of_call(lua_State *L);

/// To be called at each step of a long loop in C, where no instruction is counted.
static inline void irminsul_count_step(lua_State *L, unsigned *steps) {
  if ((++*steps & 0xfff) == 0) irminsul_check_time(L);
}

/// To be called where a function of C reads or writes so many bytes at once: a loop of few instructions around it
/// may take long.
static inline void irminsul_count_bytes(lua_State *L, size_t bytes) {
  irminsul_lua *lua = irminsul_of(L);
  lua->bytes += bytes;
  if (lua->bytes < 1 << 20) return;
  lua->bytes = 0;
  irminsul_check_time(L);
}

/// Whether 5.1 would have room for more values on the stack of this C function, of whose values
/// `extra` are not there on Redis; makes room if so.
bool irminsul_has_room(lua_State *L, int64_t slots, int extra);

/// Arguments as 5.1 takes them, or its error.
double irminsul_check_number(lua_State *L, int index);
int64_t irminsul_check_integer(lua_State *L, int index);
const char *irminsul_check_string(lua_State *L, int index, size_t *length);
void irminsul_check_type(lua_State *L, int index, int type);

/// The number that a number or a string is; false when it is none.
bool irminsul_to_number(lua_State *L, int index, double *number);

/// Pushes a value with a number as 5.1 writes it.
void irminsul_push_text(lua_State *L, int index);

/// Pushes what 5.1's tostring makes of a value.
void irminsul_push_shown(lua_State *L, int index);

/// C's conversions, and where those are undefined, what x86-64 gives, where Redis mostly runs.
int64_t irminsul_to_signed(double number);
uint64_t irminsul_to_unsigned(double number);

/// Pushes the error table that Redis makes of a message; `-CODE text` keeps its code.
void irminsul_push_error(lua_State *L, const char *message, size_t length);

/// Raises that table.
int irminsul_raise(lua_State *L, const char *message);

/// Tells the host of an error whose table lies at an index and whose text is given.
void irminsul_tell_error(lua_State *L, int table, const char *text, size_t length);

/// Appends the value at the top of the stack as a reply, and pops it.
void irminsul_encode_reply(lua_State *L, irminsul_buffer *reply);

/// Pushes the first value of a reply from `position` on and returns the position after it.
size_t irminsul_decode_reply(lua_State *L, const irminsul_buffer *reply, size_t position);

/// The name of a script's chunk, as messages show it.
extern const char irminsul_script_source[];

/// How many VM instructions pass between two looks at the clock: some microseconds, unless each is a long one.
enum { irminsul_instructions_per_check = 2000 };

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
void irminsul_open_math(lua_State *L);
void irminsul_open_coroutine(lua_State *L);

/// Translates a program: the arguments are its text, its name in messages and how deeply it is nested; the
/// results its text for 5.4 and notes, which begin with the line of its first word, a colon, the instructions that the
/// translation has put before that, and a NUL.
int irminsul_translate(lua_State *L);

/// Whether 5.4 or the translation has a use of its own for a name: `goto`, `_ENV`, and what a renamed one could
/// be taken for. Variables of such names get a `_` at the end.
bool irminsul_is_renamed(const char *name, size_t length);

/// Pushes the function of a program of 5.1 and what was noted of it; on failure the message. The result is Lua's
/// status.
int irminsul_load(
    lua_State *L, const char *text, size_t length, const char *chunk_name, int depth);

/// Put 5.1's functions into the library at the top of the stack.
void irminsul_set_base_functions(lua_State *L);
void irminsul_set_table_functions(lua_State *L);
void irminsul_set_string_functions(lua_State *L);

/// Puts what translated programs call into the table at the top.
void irminsul_set_operators(lua_State *L);

/// Puts the arithmetic of strings into their metatable, which is at the top.
void irminsul_set_string_arithmetic(lua_State *L);

/// Replaces a message of 5.4's interpreter at the top of the stack by 5.1's wording of it.
void irminsul_reword(lua_State *L);

/// Undoes what a script has set in `cjson`.
void irminsul_reset_cjson(irminsul_lua *lua);

/// Makes the globals and every library read-only; the last step of opening.
void irminsul_protect_globals(lua_State *L);

bool irminsul_is_view(lua_State *L, int index);

/// Replaces the table at the top by a view of it that cannot be written; counts the table at the top as one.
void irminsul_make_view(lua_State *L);
void irminsul_add_view(lua_State *L);

/// __newindex and __index of what scripts may not write, and where nothing else is to be read.
int irminsul_refuse_modification(lua_State *L);
int irminsul_refuse_undefined(lua_State *L);

/// Puts the functions `log` and the constants of `redis` that libraries see while they are loaded into the table
/// at the top.
void irminsul_set_loading_functions(lua_State *L);

/// Makes room for libraries of functions, after the globals are protected.
void irminsul_open_libraries(lua_State *L);

/// Pushes a function of a library; false when there is none.
bool irminsul_push_function(lua_State *L, const char *library, const char *name);

/// Leaves no library compiled, nor what its functions have kept: each is loaded anew when it is called. Raises no error.
void irminsul_forget_libraries(lua_State *L);

/// Empties a table of the registry. Takes no memory, so that it raises no error.
void irminsul_clear_registered(lua_State *L, const void *key);

/// Loads a library, whose description goes to `reply`; on failure pushes the message and returns false.
bool irminsul_load_library(
    lua_State *L, const char *library, irminsul_slice source, irminsul_buffer *reply);

/// Replaces a read-only view at the top of the stack by what is behind it.
void irminsul_see_through(lua_State *L);

/// Registry keys of the real table of globals, and of the read-only view through which scripts see it. The one at
/// LUA_RIDX_GLOBALS is where scripts look globals up: it has the operators, too, and no script gets hold of it.
extern const char irminsul_globals_key, irminsul_view_key;
