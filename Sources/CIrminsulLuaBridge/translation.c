// Lua 5.1's programs as text for 5.4's compiler, line by line the same.
//
// All that a script can tell about the language it is written in is decided here: what is a syntax error and
// how it is worded, that numbers are doubles, `..` and `%`, escapes in strings, `arg`, and that globals are
// assigned where the script may see them. What the interpreter itself does otherwise is in the libraries.
//
// Source of truth: Lua 5.1's manual, section 2 and 8, and what Redis 7.0 answers.
#include <ctype.h>
#include <math.h>
#include <stdio.h>

#include "translation.h"

enum {
  most_variables = 200,
  most_depth = 200,
  /// Of one expression: each is a call around what is left of it.
  most_modulos = 50,
  unary_priority = 8,
};

static const char *const helper_names[helper_count] = {
    "_ENVc", "_ENVm", "_ENVg", "_ENVa", "_ENVt", "_ENVb"};

/// What is known of an expression.
enum expression_kind {
  /// Nothing that matters.
  is_value,
  /// A number that is constant, also by calculation; another constant that is true; one that is not.
  is_number,
  is_true,
  is_false,
  /// What compares, or the negation of that.
  is_comparison,
  is_local,
  is_upvalue,
  is_global,
  is_field,
  is_call,
  is_dots,
  is_length,
};

struct expression {
  enum expression_kind kind;
  /// By which messages call it; none when null.
  const char *name;
  size_t length;
};

static void read_expression(struct translation *t, struct expression *e);
static void read_block(struct translation *t);

// MARK: memory

static void *grown(
    struct translation *t, void *old, size_t used, size_t wanted, int slot) {
  void *memory = lua_newuserdatauv(t->L, wanted, 0);
  if (used) memcpy(memory, old, used);
  lua_replace(t->L, slot);
  return memory;
}

static void reserve(struct translation *t, size_t more) {
  if (t->capacity - t->length >= more) return;
  size_t wanted = t->length + more + t->capacity / 2 + 256;
  t->output = grown(t, t->output, t->length, wanted, t->output_slot);
  t->capacity = wanted;
}

// MARK: writing

static void put(struct translation *t, const char *text, size_t length) {
  reserve(t, length);
  memcpy(t->output + t->length, text, length);
  t->length += length;
}

static void put_text(struct translation *t, const char *text) { put(t, text, strlen(text)); }

/// Begins the lines that the present token is behind.
static void put_lines(struct translation *t) {
  for (; t->output_line < t->token.line; t->output_line++) put(t, "\n", 1);
}

/// Where the present token will be written.
static size_t mark(struct translation *t) {
  put_lines(t);
  return t->length;
}

static void insert(struct translation *t, size_t place, const char *text) {
  size_t length = strlen(text);
  if (length == 0) return;
  reserve(t, length);
  memmove(t->output + place + length, t->output + place, t->length - place);
  memcpy(t->output + place, text, length);
  t->length += length;
}

static void insert_helper(struct translation *t, size_t place, enum helper helper) {
  char text[16];
  snprintf(text, sizeof text, "(%s(", helper_names[helper]);
  insert(t, place, text);
  t->helpers[helper] = true;
}

/// A name between quotes; only what is in names stays as it is.
static void put_quoted(struct translation *t, const char *text, size_t length) {
  for (size_t i = 0; i < length; i++) {
    char escape[8];
    if (irminsul_is_name_character(text[i]) || text[i] == '?') {
      put(t, text + i, 1);
    } else {
      put(t, escape, (size_t)snprintf(escape, sizeof escape, "\\%03u", (unsigned char)text[i]));
    }
  }
}

static void put_number(struct translation *t, double number, bool as_integer) {
  char text[64];
  if (as_integer) {
    snprintf(text, sizeof text, " %.0f", number);
  } else if (isinf(number)) {
    snprintf(text, sizeof text, " 1e999");
  } else {
    snprintf(text, sizeof text, " %.17g", number);
    if (!strpbrk(text, ".en")) strcat(text, ".0");
  }
  put_text(t, text);
}

/// A string between quotes, whose escapes are not all those of 5.4.
static void put_string(struct translation *t, const struct token *token) {
  const char *text = token->start, *end = text + token->length;
  put(t, " ", 1);
  if (*text == '[') {
    put(t, text, token->length);
    return;
  }
  while (text < end) {
    const char *plain = text;
    while (text < end && *text != '\\') text++;
    put(t, plain, (size_t)(text - plain));
    if (text == end) return;
    char escape[8];
    text++;
    if (isdigit((unsigned char)*text)) {
      int code = 0;
      for (int i = 0; i < 3 && isdigit((unsigned char)*text); i++) code = code * 10 + (*text++ - '0');
      put(t, escape, (size_t)snprintf(escape, sizeof escape, "\\%03d", code));
      continue;
    }
    // Of what 5.1 does not know the backslash is dropped.
    if (!*text || strchr("abfnrtv\\\"'\n\r", *text)) put(t, "\\", *text ? 1 : 0);
    put(t, text++, 1);
    if (text < end && (text[-1] == '\n' || text[-1] == '\r') && (*text == '\n' || *text == '\r') &&
        *text != text[-1]) {
      put(t, text++, 1);
    }
  }
}

// MARK: tokens

static void advance(struct translation *t) {
  t->last_line = t->line;
  if ((++t->tokens & 0xff) == 0) irminsul_check_compile_time(t->L);
  if (t->has_ahead) {
    t->token = t->ahead;
    t->has_ahead = false;
  } else {
    irminsul_read_token(t, &t->token);
  }
}

static int kind_ahead(struct translation *t) {
  if (!t->has_ahead) irminsul_read_token(t, &t->ahead);
  t->has_ahead = true;
  return t->ahead.kind;
}

/// Writes the present token as it is, and goes on.
static void copy(struct translation *t) {
  put_lines(t);
  if (t->token.kind == token_string) {
    put_string(t, &t->token);
    t->output_line = t->token.last_line;
  } else {
    put(t, " ", 1);
    if (t->token.kind == token_name) {
      put(t, t->token.start, t->token.length);
    } else {
      put_text(t, irminsul_push_token_kind(t->L, t->token.kind));
      lua_pop(t->L, 1);
    }
  }
  advance(t);
}

_Noreturn static void refuse(struct translation *t, const char *message) {
  irminsul_refuse_token(t, message, &t->token);
}

_Noreturn static void refuse_plainly(struct translation *t, const char *message) {
  struct token none = {.kind = 0};
  irminsul_refuse_token(t, message, &none);
}

static void check(struct translation *t, int kind) {
  if (t->token.kind == kind) return;
  const char *name = irminsul_push_token_kind(t->L, kind);
  refuse(t, lua_pushfstring(t->L, "'%s' expected", name));
}

static void expect(struct translation *t, int kind) {
  check(t, kind);
  copy(t);
}

static bool copy_if(struct translation *t, int kind) {
  if (t->token.kind != kind) return false;
  copy(t);
  return true;
}

/// Expects what ends something that began with another token in a line.
static void expect_end(struct translation *t, int kind, int opening, int line) {
  if (t->token.kind != kind && line != t->line) {
    const char *name = irminsul_push_token_kind(t->L, kind);
    const char *begin = irminsul_push_token_kind(t->L, opening);
    refuse(
        t, lua_pushfstring(t->L, "'%s' expected (to close '%s' at line %d)", name, begin, line));
  }
  expect(t, kind);
}

static void enter_level(struct translation *t) {
  if (++t->depth > most_depth) refuse_plainly(t, "chunk has too many syntax levels");
}

// MARK: names

static bool begins_with_env(const char *name, size_t length) {
  return length >= 4 && memcmp(name, "_ENV", 4) == 0;
}

bool irminsul_is_renamed(const char *name, size_t length) {
  if (begins_with_env(name, length)) return true;
  if (length < 4 || memcmp(name, "goto", 4) != 0) return false;
  for (size_t i = 4; i < length; i++) {
    if (name[i] != '_') return false;
  }
  return true;
}

static void put_local(struct translation *t, const char *name, size_t length) {
  put(t, " ", 1);
  put(t, name, length);
  if (irminsul_is_renamed(name, length)) put(t, "_", 1);
}

static int active_variables(const struct translation *t) {
  return t->variable_count - t->function->first_variable;
}

static void declare(struct translation *t, const char *name, size_t length) {
  if (active_variables(t) >= most_variables) {
    const char *message =
        t->function->line == 0
            ? lua_pushfstring(
                  t->L, "main function has more than %d local variables", most_variables)
            : lua_pushfstring(
                  t->L, "function at line %d has more than %d local variables", t->function->line,
                  most_variables);
    refuse_plainly(t, message);
  }
  if (t->variable_count == t->variable_capacity) {
    int capacity = t->variable_capacity * 2 + 32;
    t->variables = grown(
        t, t->variables, (size_t)t->variable_count * sizeof *t->variables,
        (size_t)capacity * sizeof *t->variables, t->variables_slot);
    t->variable_capacity = capacity;
  }
  t->variables[t->variable_count++] = (struct variable){name, length, false};
}

/// Makes the last declared variables visible.
static void activate(struct translation *t, int count) {
  for (int i = 0; i < count; i++) t->variables[t->variable_count - 1 - i].is_active = true;
}

static void declare_hidden(struct translation *t, int count) {
  for (int i = 0; i < count; i++) declare(t, "(for)", 5);
  activate(t, count);
}

static void add_upvalue(struct translation *t, struct function *function, int variable) {
  for (int i = 0; i < function->upvalue_count; i++) {
    if (function->upvalues[i] == variable) return;
  }
  if (function->upvalue_count == most_upvalues) {
    t->overfull = function;
    return;
  }
  function->upvalues[function->upvalue_count++] = variable;
}

static void resolve(
    struct translation *t, const char *name, size_t length, struct expression *e) {
  struct function *function = t->function;
  *e = (struct expression){is_global, name, length};
  for (int i = t->variable_count - 1; i >= 0; i--) {
    while (i < function->first_variable) function = function->outer;
    const struct variable *variable = &t->variables[i];
    if (!variable->is_active || variable->length != length ||
        memcmp(variable->name, name, length) != 0) {
      continue;
    }
    e->kind = function == t->function ? is_local : is_upvalue;
    for (struct function *user = t->function; user != function; user = user->outer) add_upvalue(t, user, i);
    if (i == function->arg) function->uses_arg = true;
    return;
  }
}

static void copy_variable(struct translation *t, struct expression *e) {
  check(t, token_name);
  const char *name = t->token.start;
  size_t length = t->token.length;
  resolve(t, name, length, e);
  put_lines(t);
  if (e->kind != is_global) {
    put_local(t, name, length);
  } else if (irminsul_is_renamed(name, length)) {
    put_text(t, " _ENV[\"");
    put(t, name, length);
    put_text(t, "\"]");
  } else {
    put(t, " ", 1);
    put(t, name, length);
  }
  advance(t);
  if (t->overfull) {
    const char *message = lua_pushfstring(
        t->L, "function at line %d has more than %d upvalues", t->overfull->line, most_upvalues);
    refuse_plainly(t, message);
  }
}

/// Declares the name that must come, and writes it.
static void copy_declaration(struct translation *t) {
  check(t, token_name);
  put_lines(t);
  put_local(t, t->token.start, t->token.length);
  declare(t, t->token.start, t->token.length);
  advance(t);
}

static const char *kind_name(enum expression_kind kind) {
  switch (kind) {
    case is_local:
      return "local";
    case is_upvalue:
      return "upvalue";
    case is_global:
      return "global";
    case is_field:
      return "field";
    default:
      return NULL;
  }
}

/// How messages call an operand, as `local 'x'`; nothing if they have no name for it.
static void put_description(struct translation *t, const struct expression *e) {
  const char *kind = kind_name(e->kind);
  if (!kind) return;
  put_text(t, kind);
  put_text(t, " '");
  put_quoted(t, e->name, e->length);
  put_text(t, "'");
}

/// Notes the names of the operands of an operator in a line, for messages about strings that are no numbers,
/// which are made where nobody knows them.
static void note_operands(
    struct translation *t, int line, char operator, const struct expression *left,
    const struct expression *right) {
  size_t wanted = t->notes_length + left->length + right->length + 64;
  if (wanted > t->notes_capacity) {
    t->notes = grown(t, t->notes, t->notes_length, wanted * 2, t->notes_slot);
    t->notes_capacity = wanted * 2;
  }
  char *to = t->notes + t->notes_length;
  to += sprintf(to, "%d %c", line, operator);
  for (int side = 0; side < 2; side++) {
    const struct expression *e = side == 0 ? left : right;
    if (kind_name(e->kind)) {
      to += sprintf(to, "%s '%.*s'", kind_name(e->kind), (int)e->length, e->name);
    }
    *to++ = 0;
  }
  t->notes_length = (size_t)(to - t->notes);
}

// MARK: expressions

/// One expression or more, with commas; the last one's is what is known at the end.
static int read_list(struct translation *t, struct expression *last) {
  int count = 1;
  read_expression(t, last);
  while (copy_if(t, ',')) {
    read_expression(t, last);
    count++;
  }
  return count;
}

static bool is_small_whole(double number) {
  return number >= -2147483648.0 && number < 2147483648.0 && floor(number) == number;
}

/// Writes the number that is the present token, as an integer where the script cannot tell: as an index,
/// and added to a length.
static void copy_number(struct translation *t, bool as_integer) {
  put_lines(t);
  put_number(t, t->token.number, as_integer && is_small_whole(t->token.number));
  advance(t);
}

/// `[expression]`; a constant string names a field.
static void read_index(struct translation *t, struct expression *e) {
  copy(t);
  *e = (struct expression){is_field, "?", 1};
  struct expression key;
  if (t->token.kind == token_number && kind_ahead(t) == ']') {
    copy_number(t, true);
  } else if (t->token.kind == token_string && kind_ahead(t) == ']') {
    const struct token string = t->token;
    if (string.start[0] != '[' && !memchr(string.start, '\\', string.length) &&
        !memchr(string.start, 0, string.length)) {
      *e = (struct expression){is_field, string.start + 1, string.length - 2};
    }
    copy(t);
  } else {
    size_t start = mark(t);
    read_expression(t, &key);
    if (key.kind == is_comparison) {
      // 5.4.4 compiles `upvalue[a == b]` to something else.
      insert(t, start, "(");
      put_text(t, ") and true");
    }
  }
  expect(t, ']');
}

static void read_table(struct translation *t) {
  int line = t->line;
  struct expression e;
  expect(t, '{');
  while (t->token.kind != '}') {
    if (t->token.kind == '[') {
      read_index(t, &e);
      expect(t, '=');
    } else if (t->token.kind == token_name && kind_ahead(t) == '=') {
      if (irminsul_is_renamed(t->token.start, t->token.length)) {
        put_lines(t);
        put_text(t, " [\"");
        put(t, t->token.start, t->token.length);
        put_text(t, "\"]");
        advance(t);
      } else {
        copy(t);
      }
      copy(t);
    }
    read_expression(t, &e);
    if (!copy_if(t, ',') && !copy_if(t, ';')) break;
  }
  expect_end(t, '}', '{', line);
}

static void read_parameters(struct translation *t) {
  int count = 0;
  if (t->token.kind != ')') {
    do {
      if (t->token.kind == token_dots) {
        copy(t);
        declare(t, "arg", 3);
        t->function->takes_dots = true;
        t->function->arg = t->variable_count - 1;
        count++;
        break;
      }
      if (t->token.kind != token_name) refuse(t, "<name> or '...' expected");
      copy_declaration(t);
      count++;
    } while (copy_if(t, ','));
  }
  activate(t, count);
}

/// What follows the word `function` and a name.
static void read_body(struct translation *t, bool has_self, int line) {
  struct function function = {
      .outer = t->function, .first_variable = t->variable_count, .line = line, .arg = -1};
  t->function = &function;
  expect(t, '(');
  if (has_self) {
    declare(t, "self", 4);
    activate(t, 1);
  }
  read_parameters(t);
  expect(t, ')');
  function.arg_place = t->length;
  read_block(t);
  expect_end(t, token_end, token_function, line);
  if (function.uses_arg) {
    if (function.uses_dots) {
      insert(t, function.arg_place, " local arg");
    } else {
      insert(t, function.arg_place, " local arg=_ENVa(...)");
      t->helpers[helper_arg] = true;
    }
  }
  t->variable_count = function.first_variable;
  t->function = function.outer;
}

static void read_arguments(struct translation *t) {
  int line = t->line;
  struct expression e;
  switch (t->token.kind) {
    case '(':
      if (line != t->last_line) refuse(t, "ambiguous syntax (function call x new statement)");
      copy(t);
      if (t->token.kind != ')') read_list(t, &e);
      expect_end(t, ')', '(', line);
      return;
    case '{':
      read_table(t);
      return;
    case token_string:
      copy(t);
      return;
    default:
      refuse(t, "function arguments expected");
  }
}

/// A variable, a field or a call.
static void read_primary(struct translation *t, struct expression *e) {
  if (t->token.kind == '(') {
    int line = t->line;
    copy(t);
    read_expression(t, e);
    expect_end(t, ')', '(', line);
    // Its name stays, but nothing can be assigned to it.
    if (e->kind == is_call || e->kind == is_dots) e->kind = is_value;
  } else if (t->token.kind == token_name) {
    copy_variable(t, e);
  } else {
    refuse(t, "unexpected symbol");
  }
  for (;;) {
    switch (t->token.kind) {
      case '.':
        if (kind_ahead(t) == token_name && irminsul_is_renamed(t->ahead.start, t->ahead.length)) {
          advance(t);
          put_lines(t);
          put_text(t, "[\"");
          put(t, t->token.start, t->token.length);
          put_text(t, "\"]");
          *e = (struct expression){is_field, t->token.start, t->token.length};
          advance(t);
          break;
        }
        copy(t);
        check(t, token_name);
        *e = (struct expression){is_field, t->token.start, t->token.length};
        copy(t);
        break;
      case '[':
        read_index(t, e);
        break;
      case ':':
        copy(t);
        check(t, token_name);
        copy(t);
        read_arguments(t);
        *e = (struct expression){is_call, NULL, 0};
        break;
      case '(':
      case '{':
      case token_string:
        read_arguments(t);
        *e = (struct expression){is_call, NULL, 0};
        break;
      default:
        return;
    }
  }
}

static void read_simple(struct translation *t, struct expression *e) {
  *e = (struct expression){is_value, NULL, 0};
  switch (t->token.kind) {
    case token_number:
      e->kind = is_number;
      copy_number(t, false);
      return;
    case token_string:
    case token_true:
      e->kind = is_true;
      copy(t);
      return;
    case token_nil:
    case token_false:
      e->kind = is_false;
      copy(t);
      return;
    case token_dots:
      if (!t->function->takes_dots) refuse(t, "cannot use '...' outside a vararg function");
      t->function->uses_dots = true;
      e->kind = is_dots;
      copy(t);
      return;
    case '{':
      read_table(t);
      return;
    case token_function:
      copy(t);
      read_body(t, false, t->line);
      return;
    default:
      read_primary(t, e);
  }
}

/// How tightly an operator holds what is left of it; 0 if it is none.
static int left_priority(int kind) {
  switch (kind) {
    case '+':
    case '-':
      return 6;
    case '*':
    case '/':
    case '%':
      return 7;
    case '^':
      return 10;
    case token_concat:
      return 5;
    case token_equal:
    case token_unequal:
    case '<':
    case '>':
    case token_not_less:
    case token_not_greater:
      return 3;
    case token_and:
      return 2;
    case token_or:
      return 1;
    default:
      return 0;
  }
}

static void read_above(struct translation *t, int limit, struct expression *e);

static void push_operand(struct translation *t, const struct expression *e) {
  if (t->operand_count == t->operand_capacity) {
    int capacity = t->operand_capacity * 2 + 16;
    t->operands = grown(
        t, t->operands, (size_t)t->operand_count * sizeof *t->operands,
        (size_t)capacity * sizeof *t->operands, t->operands_slot);
    t->operand_capacity = capacity;
  }
  t->operands[t->operand_count++] = *e;
}

/// `a .. b .. c`, of which a has been written from `start` on, as one call.
static void read_concatenation(struct translation *t, size_t start, const struct expression *first) {
  int outer = t->operand_count, depth = t->depth;
  push_operand(t, first);
  while (t->token.kind == token_concat) {
    struct expression e;
    put_lines(t);
    put(t, ",", 1);
    advance(t);
    read_above(t, 5, &e);
    push_operand(t, &e);
    // In 5.1 the rest is within the second operand.
    t->depth++;
  }
  t->depth = depth;
  insert_helper(t, start, helper_concat);
  put_text(t, ",\"");
  for (int i = outer; i < t->operand_count; i++) {
    if (i > outer) put_text(t, "\\000");
    put_description(t, &t->operands[i]);
  }
  put_text(t, "\"))");
  t->operand_count = outer;
}

static void read_modulo(struct translation *t, size_t start, struct expression *left) {
  struct expression right;
  put_lines(t);
  put(t, ",", 1);
  advance(t);
  read_above(t, 7, &right);
  insert_helper(t, start, helper_modulo);
  put_text(t, ",\"");
  put_description(t, left);
  put_text(t, "\\000");
  put_description(t, &right);
  put_text(t, "\"))");
}

static void read_unary(struct translation *t, struct expression *e) {
  int operator = t->token.kind, line = t->token.line;
  copy(t);
  size_t operand = mark(t);
  read_above(t, unary_priority, e);
  enum expression_kind kind = is_value;
  if (operator == '-' && e->kind == is_number) kind = is_number;
  if (operator == token_not && e->kind == is_comparison) kind = is_comparison;
  if (operator == '#') {
    kind = is_length;
  } else if (operator == '-') {
    note_operands(t, line, 'n', e, e);
    // The length is an integer, of which there is one zero.
    if (e->kind == is_length) {
      insert(t, operand, "(0.0+");
      put(t, ")", 1);
    }
  }
  *e = (struct expression){kind, NULL, 0};
}

/// An expression up to the first operator that does not hold more tightly than the limit.
static void read_above(struct translation *t, int limit, struct expression *e) {
  enter_level(t);
  int modulos = 0;
  size_t start = mark(t);
  if (t->token.kind == '-' || t->token.kind == '#' || t->token.kind == token_not) {
    read_unary(t, e);
  } else {
    read_simple(t, e);
  }
  for (;;) {
    int operator = t->token.kind, priority = left_priority(operator), line = t->token.line;
    if (priority <= limit) break;
    struct expression result = {is_value, NULL, 0};
    if (operator == token_concat) {
      read_concatenation(t, start, e);
    } else if (operator == '%') {
      if (++modulos > most_modulos) refuse_plainly(t, "chunk has too many syntax levels");
      read_modulo(t, start, e);
    } else {
      struct expression right = {is_value, NULL, 0};
      copy(t);
      bool adds_to_length = e->kind == is_length && (operator == '+' || operator == '-');
      if (adds_to_length && t->token.kind == token_number &&
          left_priority(kind_ahead(t)) <= priority) {
        copy_number(t, true);
        right.kind = is_number;
      } else {
        read_above(t, operator == '^' ? 9 : priority, &right);
      }
      if (operator < 256 && strchr("+-*/^", operator)) note_operands(t, line, (char)operator, e, &right);
      bool is_constant_true = e->kind == is_true || e->kind == is_number;
      // What is always the second operand keeps the name of it.
      if ((operator == token_and && is_constant_true) || (operator == token_or && e->kind == is_false)) {
        result = right;
      } else if (e->kind == is_number && right.kind == is_number && left_priority(operator) > 5 &&
                 operator != '/') {
        result.kind = is_number;
      }
      if (left_priority(operator) == 3) result.kind = is_comparison;
    }
    *e = result;
  }
  t->depth--;
}

static void read_expression(struct translation *t, struct expression *e) { read_above(t, 0, e); }

// MARK: statements

static bool ends_block(int kind) {
  return kind == token_else || kind == token_elseif || kind == token_end || kind == token_until ||
         kind == token_eof;
}

/// A block whose variables end with it.
static void read_inner_block(struct translation *t, bool is_loop) {
  int count = t->variable_count;
  t->function->loops += is_loop;
  read_block(t);
  t->function->loops -= is_loop;
  t->variable_count = count;
}

static void read_if(struct translation *t, int line) {
  struct expression e;
  do {
    copy(t);
    read_expression(t, &e);
    expect(t, token_then);
    read_inner_block(t, false);
  } while (t->token.kind == token_elseif);
  if (copy_if(t, token_else)) read_inner_block(t, false);
  expect_end(t, token_end, token_if, line);
}

static void read_while(struct translation *t, int line) {
  struct expression e;
  copy(t);
  read_expression(t, &e);
  expect(t, token_do);
  read_inner_block(t, true);
  expect_end(t, token_end, token_while, line);
}

static void read_repeat(struct translation *t, int line) {
  struct expression e;
  int count = t->variable_count;
  copy(t);
  t->function->loops++;
  read_block(t);
  expect_end(t, token_until, token_repeat, line);
  read_expression(t, &e);
  t->function->loops--;
  t->variable_count = count;
}

/// The names of a `for … in` have been written but for the first, which was.
static void read_iteration(struct translation *t, int names) {
  struct expression last;
  expect(t, token_in);
  size_t start = mark(t);
  const struct token first = t->token;
  int count = read_list(t, &last);
  // 5.4 would close a fourth value.
  static const char *const known[] = {"pairs", "ipairs"};
  bool is_known = false;
  for (int i = 0; i < 2; i++) {
    size_t length = strlen(known[i]);
    is_known |= first.kind == token_name && first.length == length &&
                memcmp(first.start, known[i], length) == 0;
  }
  if (count > 3 || ((last.kind == is_call || last.kind == is_dots) && !(is_known && count == 1))) {
    char text[16];
    snprintf(text, sizeof text, " %s(", helper_names[helper_first_three]);
    insert(t, start, text);
    put(t, ")", 1);
    t->helpers[helper_first_three] = true;
  }
  activate(t, names);
}

/// A bound of a numeric loop. With NaN for one, 5.4 would run once what 5.1 does not run at all: another number then
/// stands for it, with which neither does.
static void read_bound(struct translation *t, const char *otherwise) {
  struct expression e;
  size_t start = mark(t);
  bool begins_with_number = t->token.kind == token_number;
  read_expression(t, &e);
  if ((begins_with_number && e.kind == is_number) || e.kind == is_length) return;
  char text[32];
  snprintf(text, sizeof text, " %s(", helper_names[helper_bound]);
  insert(t, start, text);
  put_text(t, otherwise);
  t->helpers[helper_bound] = true;
}

static void read_for(struct translation *t, int line) {
  int outer = t->variable_count, names = 1;
  struct expression e;
  copy(t);
  check(t, token_name);
  int next = kind_ahead(t);
  if (next == '=') {
    declare_hidden(t, 3);
    copy_declaration(t);
    copy(t);
    read_bound(t, ",1e999)");
    expect(t, ',');
    read_bound(t, ",-1e999)");
    if (copy_if(t, ',')) read_expression(t, &e);
    activate(t, 1);
  } else if (next == ',' || next == token_in) {
    declare_hidden(t, 3);
    copy_declaration(t);
    while (copy_if(t, ',')) {
      copy_declaration(t);
      names++;
    }
    read_iteration(t, names);
  } else {
    advance(t);
    refuse(t, "'=' or 'in' expected");
  }
  expect(t, token_do);
  read_inner_block(t, true);
  expect_end(t, token_end, token_for, line);
  t->variable_count = outer;
}

/// Writes a global variable as something to assign to, in place of what stands from `place` on.
static void put_target(struct translation *t, size_t place, const struct expression *e) {
  t->length = place;
  put_text(t, " _ENVg(_ENV)[\"");
  put(t, e->name, e->length);
  put_text(t, "\"]");
  t->helpers[helper_globals] = true;
}

static void read_named_function(struct translation *t, int line) {
  put_lines(t);
  size_t place = t->length;
  advance(t);
  check(t, token_name);
  struct expression e;
  const struct token name = t->token;
  int next = kind_ahead(t);
  if (next != '.' && next != ':') {
    resolve(t, name.start, name.length, &e);
    if (e.kind == is_global) {
      put_target(t, place, &e);
      put_text(t, "=function");
      advance(t);
      read_body(t, false, line);
      return;
    }
  }
  put_text(t, " function");
  copy_variable(t, &e);
  bool has_self = false;
  while (!has_self && (t->token.kind == '.' || t->token.kind == ':')) {
    has_self = t->token.kind == ':';
    copy(t);
    check(t, token_name);
    copy(t);
  }
  read_body(t, has_self, line);
}

static void read_local(struct translation *t) {
  copy(t);
  if (t->token.kind == token_function) {
    copy(t);
    copy_declaration(t);
    activate(t, 1);
    read_body(t, false, t->line);
    return;
  }
  int names = 0;
  do {
    copy_declaration(t);
    names++;
  } while (copy_if(t, ','));
  struct expression e;
  if (copy_if(t, '=')) read_list(t, &e);
  activate(t, names);
}

/// Something to assign to, or a call. What is between parentheses is neither.
static void read_target(struct translation *t, struct expression *e, bool *is_value_only) {
  bool in_parentheses = t->token.kind == '(';
  size_t place = mark(t);
  read_primary(t, e);
  *is_value_only = in_parentheses && t->output[t->length - 1] == ')' && e->kind != is_call;
  if (e->kind == is_global && !*is_value_only &&
      (t->token.kind == '=' || t->token.kind == ',')) {
    put_target(t, place, e);
  }
}

static void read_call_or_assignment(struct translation *t) {
  struct expression e;
  bool is_value_only;
  read_target(t, &e, &is_value_only);
  if (e.kind == is_call) return;
  int targets = 1;
  for (;;) {
    if (is_value_only || !kind_name(e.kind)) refuse(t, "syntax error");
    if (!copy_if(t, ',')) break;
    read_target(t, &e, &is_value_only);
    if (++targets > most_depth - t->depth) {
      const char *message =
          t->function->line == 0
              ? lua_pushfstring(
                    t->L, "main function has more than %d variables in assignment",
                    most_depth - t->depth)
              : lua_pushfstring(
                    t->L, "function at line %d has more than %d variables in assignment",
                    t->function->line, most_depth - t->depth);
      refuse_plainly(t, message);
    }
  }
  expect(t, '=');
  read_list(t, &e);
}

static void read_return(struct translation *t) {
  struct expression e;
  copy(t);
  if (!ends_block(t->token.kind) && t->token.kind != ';') read_list(t, &e);
}

/// Whether it is one after which nothing may come.
static bool read_statement(struct translation *t) {
  int line = t->line;
  switch (t->token.kind) {
    case token_if:
      read_if(t, line);
      return false;
    case token_while:
      read_while(t, line);
      return false;
    case token_do:
      copy(t);
      read_inner_block(t, false);
      expect_end(t, token_end, token_do, line);
      return false;
    case token_for:
      read_for(t, line);
      return false;
    case token_repeat:
      read_repeat(t, line);
      return false;
    case token_function:
      read_named_function(t, line);
      return false;
    case token_local:
      read_local(t);
      return false;
    case token_return:
      read_return(t);
      return true;
    case token_break:
      if (t->function->loops == 0) {
        advance(t);
        refuse(t, "no loop to break");
      }
      copy(t);
      return true;
    default:
      read_call_or_assignment(t);
      return false;
  }
}

static void read_block(struct translation *t) {
  bool is_last = false;
  enter_level(t);
  while (!is_last && !ends_block(t->token.kind)) {
    is_last = read_statement(t);
    copy_if(t, ';');
  }
  t->depth--;
}

// MARK: the whole

/// Declares the helpers that were used, at the beginning of the first line.
static void put_helpers(struct translation *t) {
  char text[32 * helper_count] = "";
  for (int i = 0; i < helper_count; i++) {
    if (!t->helpers[i]) continue;
    char one[32];
    snprintf(one, sizeof one, "local %s=_ENV[%d];", helper_names[i], i + 1);
    strcat(text, one);
  }
  insert(t, 0, text);
}

int irminsul_translate(lua_State *L) {
  struct translation t = {.L = L, .line = 1, .output_line = 1, .last_line = 1};
  size_t length;
  t.next = lua_tolstring(L, 1, &length);
  t.end = t.next + length;
  t.chunk = lua_tostring(L, 2);
  t.depth = (int)lua_tointeger(L, 3);
  lua_settop(L, 7);
  t.output_slot = 4;
  t.variables_slot = 5;
  t.operands_slot = 6;
  t.notes_slot = 7;
  struct function main = {.takes_dots = true, .arg = -1};
  t.function = &main;
  irminsul_read_token(&t, &t.token);
  int first_line = t.token.line;
  read_block(&t);
  check(&t, token_eof);
  put_lines(&t);
  put_helpers(&t);
  lua_pushlstring(L, t.output, t.length);
  int helpers = 0;
  for (int i = 0; i < helper_count; i++) helpers += t.helpers[i];
  // A helper is fetched by two instructions.
  lua_pushfstring(L, "%d:%d", first_line, 2 * helpers);
  lua_pushlstring(L, "", 1);
  lua_pushlstring(L, t.notes ? t.notes : "", t.notes_length);
  lua_concat(L, 3);
  return 2;
}
