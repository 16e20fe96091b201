// The embedded Lua 5.4 interpreter as Swift sees it: scripts in, replies out.
//
// Every use of Lua's API is inside this target, in C functions that run under lua_pcall: a Lua
// error unwinds with longjmp, which must not cross a Swift frame.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/// Bytes that somebody else owns.
typedef struct irminsul_slice {
  const uint8_t *bytes;
  size_t length;
} irminsul_slice;

/// Growing bytes: a reply in the compact form below.
typedef struct irminsul_buffer {
  uint8_t *bytes;
  size_t length;
  size_t capacity;
  /// The bytes that it may hold; 0 for any number.
  size_t limit;
  /// Memory ran out, or the limit was reached: the content is not complete.
  bool exhausted;
  /// Whether what a script returns may have RESP3's types in it.
  bool typed;
} irminsul_buffer;

/// The first byte of each value of a reply. Eight bytes in the machine's order follow: a length for
/// status, bytes and error (whose bytes come next), a count for an array, the value for an
/// integer, zero for a null.
enum irminsul_tag {
  IRMINSUL_STATUS = 's',
  IRMINSUL_BYTES = 'b',
  IRMINSUL_INTEGER = 'i',
  IRMINSUL_ARRAY = 'a',
  /// With 1 for the null that RESP2 has in place of an array.
  IRMINSUL_NULL = 'n',
  IRMINSUL_ERROR = 'e',
  /// RESP3's, only for those that asked for them: eight bytes of a double, a count of pairs, a count of members,
  /// 0 or 1, and texts, of which that with a form begins with three bytes of it and a colon.
  IRMINSUL_DOUBLE = 'd',
  IRMINSUL_MAP = 'm',
  IRMINSUL_SET = 'S',
  IRMINSUL_BOOLEAN = 't',
  IRMINSUL_BIG_NUMBER = 'B',
  IRMINSUL_VERBATIM = 'v',
};

static inline bool irminsul_buffer_reserve(irminsul_buffer *buffer, size_t more) {
  if (buffer->capacity - buffer->length >= more) return true;
  size_t wanted = buffer->length + more;
  if (wanted < more || (buffer->limit && wanted > buffer->limit)) {
    buffer->exhausted = true;
    return false;
  }
  size_t doubled = buffer->capacity < 256 ? 256 : buffer->capacity + buffer->capacity / 2;
  if (wanted < doubled) wanted = doubled;
  uint8_t *grown = realloc(buffer->bytes, wanted);
  if (!grown) {
    buffer->exhausted = true;
    return false;
  }
  buffer->bytes = grown;
  buffer->capacity = wanted;
  return true;
}

static inline void irminsul_buffer_head(irminsul_buffer *buffer, uint8_t tag, int64_t value) {
  if (!irminsul_buffer_reserve(buffer, 9)) return;
  buffer->bytes[buffer->length] = tag;
  memcpy(buffer->bytes + buffer->length + 1, &value, 8);
  buffer->length += 9;
}

static inline void irminsul_buffer_text(
    irminsul_buffer *buffer, uint8_t tag, const void *bytes, size_t length) {
  if (!irminsul_buffer_reserve(buffer, 9 + length)) return;
  irminsul_buffer_head(buffer, tag, (int64_t)length);
  if (length) memcpy(buffer->bytes + buffer->length, bytes, length);
  buffer->length += length;
}

static inline void irminsul_buffer_release(irminsul_buffer *buffer) {
  free(buffer->bytes);
  *buffer = (irminsul_buffer){0};
}

/// What the host answers to a call: go on, or end the script, which cannot catch that.
typedef enum irminsul_answer { IRMINSUL_GO_ON, IRMINSUL_ABORT } irminsul_answer;

/// Runs one command of a script and appends exactly one value to `reply`.
typedef irminsul_answer (*irminsul_call)(
    void *context, const irminsul_slice *arguments, size_t count, irminsul_buffer *reply);

/// Takes a message of `redis.log`.
typedef void (*irminsul_log)(void *context, int level, irminsul_slice message);

/// Whether there is a command of a name.
typedef bool (*irminsul_knows)(void *context, irminsul_slice name);

/// Takes an error that the script that has run answers or is ended by, which a reply may have several of. One that
/// `is_counted` is that of a command, and was told there.
typedef void (*irminsul_note_error)(void *context, irminsul_slice text, bool is_counted);

/// How a run ended.
typedef enum irminsul_outcome {
  /// The buffer holds the reply, which may be an error reply that the script returned.
  IRMINSUL_DONE,
  /// The script failed: the buffer holds one error.
  IRMINSUL_FAILED,
  /// The text does not compile: the buffer holds one error.
  IRMINSUL_INVALID,
  IRMINSUL_TIMED_OUT,
  IRMINSUL_ABORTED,
} irminsul_outcome;

/// An interpreter. Not safe for use by two threads at once; may move between threads.
typedef struct irminsul_lua irminsul_lua;

/// A new interpreter, or null when there is no memory for it.
irminsul_lua *irminsul_lua_open(
    size_t memory_limit, void *context, irminsul_call call, irminsul_log log,
    irminsul_knows knows, irminsul_note_error note_error);
void irminsul_lua_close(irminsul_lua *lua);

/// Whether the script that runs wants RESP3's types, by `redis.setresp(3)`.
bool irminsul_lua_is_typed(const irminsul_lua *lua);

/// Compiles a script if its 40 hexadecimal digits, which a NUL ends, are new here, for at most `nanoseconds`. Failures
/// go to `reply`.
irminsul_outcome irminsul_lua_compile(
    irminsul_lua *lua, const char *sha1, irminsul_slice source, int64_t nanoseconds,
    irminsul_buffer *reply);

/// Runs a script, which is compiled if its 40 hexadecimal digits are new here, for at most `nanoseconds`.
/// `words` are the keys and, after them, the arguments.
irminsul_outcome irminsul_lua_run(
    irminsul_lua *lua, const char *sha1, irminsul_slice source, const irminsul_slice *words,
    size_t key_count, size_t argument_count, int64_t nanoseconds, irminsul_buffer *reply);

/// Runs the text of a library, which registers functions that are called by the library's key from then on. The reply
/// is an array of name, description and array of flags for each.
irminsul_outcome irminsul_lua_load_library(
    irminsul_lua *lua, const char *library, irminsul_slice source, int64_t nanoseconds,
    irminsul_buffer *reply);

/// Whether a library was loaded here.
bool irminsul_lua_has_library(irminsul_lua *lua, const char *library);

/// Calls a function of a library as irminsul_lua_run runs a script.
irminsul_outcome irminsul_lua_call(
    irminsul_lua *lua, const char *library, const char *function, const irminsul_slice *words,
    size_t key_count, size_t argument_count, int64_t nanoseconds, irminsul_buffer *reply);

/// What is known of a line of the scripts that ran; bits of a mark.
enum irminsul_line {
  /// It has run.
  IRMINSUL_LINE_RUN = 1,
  /// It has code, in a function that was called.
  IRMINSUL_LINE_CODE = 2,
  /// A function that was called begins there.
  IRMINSUL_LINE_FUNCTION = 4,
};

/// Marks the lines of the scripts that run from now on, or no more.
void irminsul_lua_record_lines(irminsul_lua *lua, bool is_on);

/// The marks since the last call of this, one byte a line, the first of no use; sets `count` to
/// their number. Valid until the next run.
const uint8_t *irminsul_lua_take_lines(irminsul_lua *lua, size_t *count);

/// What a hook is told of; bits of a mask.
enum irminsul_event {
  /// A new line begins, or a loop comes back to one.
  IRMINSUL_EVENT_LINE = 1,
  IRMINSUL_EVENT_CALL = 2,
  IRMINSUL_EVENT_RETURN = 4,
  /// So many instructions have run.
  IRMINSUL_EVENT_COUNT = 8,
};

/// Called between two instructions of a script; IRMINSUL_ABORT ends it as a failing host does.
typedef irminsul_answer (*irminsul_hook)(void *context, enum irminsul_event event);

/// Calls `hook` at the events of a mask in the scripts that run from now on, and every
/// `instructions` instructions if the mask has IRMINSUL_EVENT_COUNT. No events: no hook, no cost.
void irminsul_lua_set_hook(
    irminsul_lua *lua, unsigned events, int instructions, irminsul_hook hook);

/// One function that is running. The texts are valid during the hook or call.
typedef struct irminsul_frame {
  /// The chunk: `@user_script`, or the text that loadstring was given.
  const char *source;
  /// The name by which it was called; null when it has none.
  const char *name;
  /// 0 or less in C functions.
  int line;
  /// Where the function begins; 0 for a chunk.
  int first_line;
  bool is_c;
  /// Whether it is none of the script's, nor of the libraries that it knows: the translation has put a call of it there.
  bool is_own;
} irminsul_frame;

/// The frame at a level, 0 being the innermost; false when there is none. Of use in a hook, and in
/// `irminsul_call`, where level 0 is the function that called.
bool irminsul_lua_frame(irminsul_lua *lua, int level, irminsul_frame *frame);

/// The tags of values that are shown; numbers and texts as in replies, a count of pairs for a table.
enum irminsul_shown {
  IRMINSUL_SHOWN_NIL = 'n',
  IRMINSUL_SHOWN_BOOLEAN = 't',
  /// Eight bytes of a double.
  IRMINSUL_SHOWN_NUMBER = 'd',
  IRMINSUL_SHOWN_BYTES = 'b',
  IRMINSUL_SHOWN_TABLE = 'T',
  /// A table within more tables than are shown, or one that contains itself.
  IRMINSUL_SHOWN_DEEP = 'D',
  /// A function, a thread or userdata: its text.
  IRMINSUL_SHOWN_OTHER = 'o',
};

/// Appends the name and the value of the local with a number from 1, or of the upvalue with a
/// negative one; false when there is none. The name is a text of its own in `shown`.
bool irminsul_lua_show_local(irminsul_lua *lua, int level, int number, irminsul_buffer *shown);

/// Appends the values of an expression, which sees the locals of a level; their number comes back.
/// -1 when it fails: then `shown` has the message.
int irminsul_lua_evaluate(
    irminsul_lua *lua, int level, irminsul_slice expression, irminsul_buffer *shown);

/// The bytes that the interpreter holds now.
size_t irminsul_lua_memory(const irminsul_lua *lua);

/// The bytes of memory that the process has asked for and not given back; 0 where nobody knows.
size_t irminsul_heap_in_use(void);

/// Gives the system back what the process has freed, as far as that is possible. Takes up to some milliseconds.
void irminsul_heap_trim(void);

/// The SHA-1 of some bytes as 40 lower-case hexadecimal digits, without a final NUL.
void irminsul_sha1_hex(irminsul_slice bytes, char digits[40]);

/// Writes a number with 17 digits as Redis does (`%.17g`, `inf`) and returns its length.
size_t irminsul_format_double(double number, char text[64]);

/// Writes a number with 14 digits as Lua 5.1 does and returns its length.
size_t irminsul_format_lua_number(double number, char text[64]);

/// Reads a text as 5.1 does, up to its first NUL; false when it is no number.
bool irminsul_parse_lua_number(const char *text, double *number);

/// Adds two numbers of text with the precision of long double as INCRBYFLOAT does, and returns the
/// length of the sum: 0 when one is no number, -1 when the sum is none.
int irminsul_add_decimals(irminsul_slice left, irminsul_slice right, char text[5120]);

/// Reads a whole text as a number; false for anything else and for NaN, and where that is asked for
/// also for what a double cannot hold.
bool irminsul_parse_double(irminsul_slice text, double *number, bool in_range);
