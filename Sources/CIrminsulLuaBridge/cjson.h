// What the files of `cjson` share.
#pragma once
#include "state.h"

enum cjson_invalid_numbers { CJSON_REFUSED, CJSON_AS_THEY_ARE, CJSON_AS_NULL };

/// What the functions of one table, `cjson` or one that cjson.new has made, are set to.
struct cjson_settings {
  int sparse_convert;
  int sparse_ratio;
  int sparse_safe;
  int encode_max_depth;
  int decode_max_depth;
  int number_precision;
  /// Kept for its answer only: where the output grows is the interpreter's.
  int keep_buffer;
  int encode_invalid_numbers;
  int decode_invalid_numbers;
};

/// An array or an object that is being written or read.
struct cjson_level {
  /// How many elements an array to write has; negative for an object.
  int length;
  int index;
};

enum { cjson_first_levels = 32, cjson_most_levels = 8000 };

/// The open arrays and objects, innermost last. They are not C frames: scripts may nest thousands
/// of them, and a thread's stack may be half a megabyte.
struct cjson_levels {
  struct cjson_level *items;
  int count;
  /// Index in Lua's stack of the memory for more than the first levels.
  int slot;
  struct cjson_level first[cjson_first_levels];
};

/// Opens a level. The limit of Lua's stack keeps their number below the most.
static inline void cjson_open_level(
    lua_State *L, struct cjson_levels *levels, struct cjson_level level) {
  if (levels->count == 0) levels->items = levels->first;
  if (levels->count == cjson_first_levels && levels->items == levels->first) {
    levels->items = lua_newuserdatauv(L, cjson_most_levels * sizeof level, 0);
    memcpy(levels->items, levels->first, sizeof levels->first);
    lua_replace(L, levels->slot);
  }
  levels->items[levels->count++] = level;
}

/// `encode` and `decode`; their upvalue holds the settings.
int irminsul_cjson_encode(lua_State *L);
int irminsul_cjson_decode(lua_State *L);
