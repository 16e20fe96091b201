// What the files of the translation from Lua 5.1 share.
#pragma once
#include "state.h"

/// Single characters stand for themselves.
enum token_kind {
  token_and = 256,
  token_break,
  token_do,
  token_else,
  token_elseif,
  token_end,
  token_false,
  token_for,
  token_function,
  token_if,
  token_in,
  token_local,
  token_nil,
  token_not,
  token_or,
  token_repeat,
  token_return,
  token_then,
  token_true,
  token_until,
  token_while,
  token_concat,
  token_dots,
  token_equal,
  token_not_less,
  token_not_greater,
  token_unequal,
  token_number,
  token_name,
  token_string,
  token_eof,
};

struct token {
  int kind;
  /// The lines where it begins and ends.
  int line, last_line;
  /// Its text in the source.
  const char *start;
  size_t length;
  double number;
};

/// A local variable in scope; names that a program cannot spell are the interpreter's.
struct variable {
  const char *name;
  size_t length;
  /// It counts as declared only after the expression that it begins with.
  bool is_active;
};

/// Of one function, as in 5.1.
enum { most_upvalues = 60 };

/// A function that is being read.
struct function {
  struct function *outer;
  int first_variable;
  int line;
  bool takes_dots, uses_dots;
  /// Where 5.1's table `arg` would be filled, its index among the variables, and whether it is read.
  size_t arg_place;
  int arg;
  bool uses_arg;
  int loops;
  /// Variables of functions around it that it or a function within it uses, by index.
  int upvalues[most_upvalues];
  int upvalue_count;
};

struct expression;

/// What the translated text calls, by names that no script can spell: one that begins with `_ENV` gets a `_` at
/// its end.
enum helper {
  helper_concat,
  helper_modulo,
  helper_globals,
  helper_arg,
  helper_first_three,
  helper_bound,
  helper_count,
};

struct translation {
  lua_State *L;
  /// As messages have it.
  const char *chunk;

  // Reading.
  const char *next, *end;
  int line;
  struct token token, ahead;
  bool has_ahead;
  unsigned tokens;
  /// Where the token before the present one ended.
  int last_line;

  // Writing. The memory is a userdata of Lua's.
  char *output;
  size_t length, capacity;
  int output_slot;
  int output_line;

  struct variable *variables;
  int variable_count, variable_capacity, variables_slot;
  struct function *function;
  /// The one that has too many upvalues, if there is one.
  const struct function *overfull;
  int depth;
  bool helpers[helper_count];
  /// The operands of the `..` that are being read.
  struct expression *operands;
  int operand_count, operand_capacity, operands_slot;
  /// Which operands of arithmetic have names: `LINE OPERATOR` and two texts that each end with a NUL.
  char *notes;
  size_t notes_length, notes_capacity;
  int notes_slot;
};

/// Reads the next token into `token`.
void irminsul_read_token(struct translation *t, struct token *token);

/// Raises `chunk:line: message near 'token'`; without a token if its kind is 0.
_Noreturn void irminsul_refuse_token(
    struct translation *t, const char *message, const struct token *near);

/// Pushes how messages name a kind of token.
const char *irminsul_push_token_kind(lua_State *L, int kind);

/// Whether a character may be in a name.
bool irminsul_is_name_character(int character);
