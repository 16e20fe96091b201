// The tokens of Lua 5.1: what a script on Redis is made of.
//
// Source of truth: Lua 5.1's manual, section 2.1, and what Redis 7.0 answers to what is wrong.
#include <ctype.h>

#include "translation.h"

static const char *const words[] = {
    "and",    "break", "do",  "else", "elseif", "end",    "false", "for",  "function", "if",  "in",
    "local",  "nil",   "not", "or",   "repeat", "return", "then",  "true", "until",    "while",
    "..",     "...",   "==",  ">=",   "<=",     "~=",     "<number>", "<name>", "<string>", "<eof>"};

enum { reserved_words = token_while - token_and + 1 };

bool irminsul_is_name_character(int character) {
  return isalnum((unsigned char)character) || character == '_';
}

const char *irminsul_push_token_kind(lua_State *L, int kind) {
  if (kind >= token_and) return lua_pushstring(L, words[kind - token_and]);
  if (iscntrl(kind)) return lua_pushfstring(L, "char(%d)", kind);
  return lua_pushfstring(L, "%c", kind);
}

static int peek(const struct translation *t) {
  return t->next < t->end ? (unsigned char)*t->next : -1;
}

/// Goes on in what may be long.
static void step(struct translation *t) {
  t->next++;
  if (((uintptr_t)t->next & 0xfffff) == 0) irminsul_check_compile_time(t->L);
}

static bool is_newline(int character) { return character == '\n' || character == '\r'; }

/// Of "\r\n" and "\n\r" both are one end of a line.
static void skip_newline(struct translation *t) {
  int first = peek(t);
  t->next++;
  if (is_newline(peek(t)) && peek(t) != first) t->next++;
  t->line++;
}

// MARK: messages

/// Adds the characters that a string stands for, up to `end`, which may be before its end.
static void add_decoded(luaL_Buffer *buffer, const char *text, const char *end) {
  while (text < end) {
    if (*text != '\\' || text + 1 >= end) {
      luaL_addchar(buffer, *text++);
      continue;
    }
    text++;
    switch (*text) {
      case 'a':
        luaL_addchar(buffer, '\a');
        break;
      case 'b':
        luaL_addchar(buffer, '\b');
        break;
      case 'f':
        luaL_addchar(buffer, '\f');
        break;
      case 'n':
        luaL_addchar(buffer, '\n');
        break;
      case 'r':
        luaL_addchar(buffer, '\r');
        break;
      case 't':
        luaL_addchar(buffer, '\t');
        break;
      case 'v':
        luaL_addchar(buffer, '\v');
        break;
      case '\n':
      case '\r':
        luaL_addchar(buffer, '\n');
        if (text + 1 < end && is_newline(text[1]) && text[1] != *text) text++;
        break;
      default:
        if (!isdigit((unsigned char)*text)) {
          luaL_addchar(buffer, *text);
          break;
        }
        int code = 0;
        for (int i = 0; i < 3 && text < end && isdigit((unsigned char)*text); i++) {
          code = code * 10 + (*text++ - '0');
        }
        luaL_addchar(buffer, (char)code);
        continue;
    }
    text++;
  }
}

/// Adds a string between long brackets: without an end of a line at its beginning, and all others alike.
static void add_lines(luaL_Buffer *buffer, const char *text, const char *end) {
  const char *bracket = memchr(text + 1, '[', (size_t)(end - text - 1));
  const char *content = bracket ? bracket + 1 : end;
  while (text < end) {
    if (!is_newline((unsigned char)*text)) {
      luaL_addchar(buffer, *text++);
      continue;
    }
    if (text != content) luaL_addchar(buffer, '\n');
    text++;
    if (text < end && is_newline((unsigned char)*text) && *text != text[-1]) text++;
  }
}

_Noreturn void irminsul_refuse_token(
    struct translation *t, const char *message, const struct token *near) {
  lua_State *L = t->L;
  luaL_checkstack(L, 10, NULL);
  if (near->kind == 0) {
    lua_pushfstring(L, "%s:%d: %s", t->chunk, t->line, message);
  } else {
    const char *text;
    if (near->kind == token_name || near->kind == token_number) {
      text = lua_pushlstring(L, near->start, near->length);
    } else if (near->kind == token_string) {
      luaL_Buffer buffer;
      luaL_buffinit(L, &buffer);
      if (near->start[0] == '[') {
        add_lines(&buffer, near->start, near->start + near->length);
      } else {
        add_decoded(&buffer, near->start, near->start + near->length);
      }
      luaL_pushresult(&buffer);
      text = lua_tostring(L, -1);
    } else {
      text = irminsul_push_token_kind(L, near->kind);
    }
    lua_pushfstring(L, "%s:%d: %s near '%s'", t->chunk, t->line, message, text);
  }
  lua_error(L);
  abort();  // lua_error does not come back
}

static void refuse(
    struct translation *t, struct token *token, int kind, const char *message) {
  token->kind = kind;
  token->length = (size_t)(t->next - token->start);
  irminsul_refuse_token(t, message, token);
}

// MARK: kinds of tokens

/// Reads `[==[` or `]==]`: the number of its `=`, and a negative one less than that if there is no
/// second bracket.
static int long_bracket(struct translation *t) {
  int bracket = peek(t), count = 0;
  t->next++;
  while (peek(t) == '=') {
    t->next++;
    count++;
  }
  return peek(t) == bracket ? count : -count - 1;
}

static void read_long(struct translation *t, struct token *token, int level, bool is_comment) {
  t->next++;
  if (is_newline(peek(t))) skip_newline(t);
  for (;;) {
    switch (peek(t)) {
      case -1:
        refuse(t, token, token_eof, is_comment ? "unfinished long comment" : "unfinished long string");
        break;
      case ']':
        if (long_bracket(t) == level) {
          t->next++;
          return;
        }
        break;
      case '\n':
      case '\r':
        skip_newline(t);
        break;
      default:
        step(t);
    }
  }
}

static void read_string(struct translation *t, struct token *token) {
  int quote = peek(t);
  t->next++;
  while (peek(t) != quote) {
    switch (peek(t)) {
      case -1:
        refuse(t, token, token_eof, "unfinished string");
        break;
      case '\n':
      case '\r':
        refuse(t, token, token_string, "unfinished string");
        break;
      case '\\':
        t->next++;
        if (is_newline(peek(t))) {
          skip_newline(t);
        } else if (isdigit(peek(t))) {
          const char *escape = t->next - 1;
          int code = 0;
          for (int i = 0; i < 3 && peek(t) >= 0 && isdigit(peek(t)); i++) {
            code = code * 10 + (*t->next++ - '0');
          }
          if (code > 255) {
            // What is wrong is not part of what was read.
            token->kind = token_string;
            token->length = (size_t)(escape - token->start);
            irminsul_refuse_token(t, "escape sequence too large", token);
          }
        } else if (peek(t) >= 0) {
          t->next++;
        }
        break;
      default:
        step(t);
    }
  }
  t->next++;
}

/// Takes the next character if it is one of some; a NUL is always one of them, as strchr finds it, too.
static bool take_one(struct translation *t, const char *characters) {
  if (peek(t) < 0 || !strchr(characters, peek(t))) return false;
  t->next++;
  return true;
}

static void read_number(struct translation *t, struct token *token) {
  while (isdigit(peek(t)) || peek(t) == '.') t->next++;
  if (take_one(t, "Ee")) take_one(t, "+-");
  while (peek(t) >= 0 && irminsul_is_name_character(peek(t))) t->next++;
  token->kind = token_number;
  token->length = (size_t)(t->next - token->start);
  const char *text = lua_pushlstring(t->L, token->start, token->length);
  bool is_number = irminsul_parse_lua_number(text, &token->number);
  lua_pop(t->L, 1);
  if (!is_number) irminsul_refuse_token(t, "malformed number", token);
}

/// Takes a character if it comes next.
static bool take(struct translation *t, char character) {
  if (peek(t) != character) return false;
  t->next++;
  return true;
}

static int kind_of_name(const struct token *token) {
  for (int i = 0; i < reserved_words; i++) {
    if (strlen(words[i]) == token->length && memcmp(words[i], token->start, token->length) == 0) {
      return token_and + i;
    }
  }
  return token_name;
}

static void skip_comment(struct translation *t, struct token *token) {
  if (peek(t) == '[') {
    int level = long_bracket(t);
    if (level >= 0) {
      read_long(t, token, level, true);
      return;
    }
  }
  while (peek(t) >= 0 && !is_newline(peek(t))) step(t);
}

static int read_kind(struct translation *t, struct token *token) {
  for (;;) {
    token->start = t->next;
    token->line = t->line;
    int character = peek(t);
    switch (character) {
      case -1:
        return token_eof;
      case '\n':
      case '\r':
        skip_newline(t);
        continue;
      case '-':
        t->next++;
        if (!take(t, '-')) return '-';
        skip_comment(t, token);
        continue;
      case '[': {
        int level = long_bracket(t);
        if (level >= 0) {
          read_long(t, token, level, false);
          return token_string;
        }
        if (level < -1) refuse(t, token, token_string, "invalid long string delimiter");
        return '[';
      }
      case '=':
        t->next++;
        return take(t, '=') ? token_equal : '=';
      case '<':
        t->next++;
        return take(t, '=') ? token_not_greater : '<';
      case '>':
        t->next++;
        return take(t, '=') ? token_not_less : '>';
      case '~':
        t->next++;
        return take(t, '=') ? token_unequal : '~';
      case '"':
      case '\'':
        read_string(t, token);
        return token_string;
      case '.':
        t->next++;
        if (take_one(t, ".")) return take_one(t, ".") ? token_dots : token_concat;
        if (!isdigit(peek(t))) return '.';
        read_number(t, token);
        return token_number;
      default:
        if (isspace(character)) {
          step(t);
          continue;
        }
        if (isdigit(character)) {
          read_number(t, token);
          return token_number;
        }
        if (isalpha(character) || character == '_') {
          while (peek(t) >= 0 && irminsul_is_name_character(peek(t))) t->next++;
          token->length = (size_t)(t->next - token->start);
          return kind_of_name(token);
        }
        t->next++;
        return character;
    }
  }
}

void irminsul_read_token(struct translation *t, struct token *token) {
  token->kind = read_kind(t, token);
  token->length = (size_t)(t->next - token->start);
  token->last_line = t->line;
}
