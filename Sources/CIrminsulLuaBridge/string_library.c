// Lua 5.1's pattern functions, which the time limit can stop: the interpreter counts no instructions in
// them, and a pattern such as ('.-'):rep(30) .. 'b' takes longer than anybody lives.
//
// Source of truth: Lua 5.1's manual, section 5.4, and what Redis 7.0 answers.
#include <ctype.h>
#include <stdio.h>

#include "state.h"

enum { most_captures = 32, most_depth = 200, open_capture = -1, position_capture = -2 };

struct matching {
  lua_State *L;
  const char *start, *end;
  int level;
  int depth;
  unsigned steps;
  struct {
    const char *start;
    ptrdiff_t length;
  } captures[most_captures];
};

static const char *match(struct matching *m, const char *s, const char *p);

static int capture_number(struct matching *m, int digit) {
  digit -= '1';
  if (digit < 0 || digit >= m->level || m->captures[digit].length == open_capture) {
    return luaL_error(m->L, "invalid capture index");
  }
  return digit;
}

static int capture_to_close(struct matching *m) {
  for (int level = m->level - 1; level >= 0; level--) {
    if (m->captures[level].length == open_capture) return level;
  }
  return luaL_error(m->L, "invalid pattern capture");
}

/// The end of the single item of a pattern at `p`. Patterns end with a NUL, as in 5.1.
static const char *item_end(struct matching *m, const char *p) {
  switch (*p++) {
    case '%':
      if (*p == 0) luaL_error(m->L, "malformed pattern (ends with '%%')");
      return p + 1;
    case '[':
      if (*p == '^') p++;
      do {
        if (*p == 0) luaL_error(m->L, "malformed pattern (missing ']')");
        if (*p++ == '%' && *p != 0) p++;
      } while (*p != ']');
      return p + 1;
    default:
      return p;
  }
}

static bool is_of_class(int c, int class) {
  bool found;
  switch (tolower(class)) {
    case 'a':
      found = isalpha(c);
      break;
    case 'c':
      found = iscntrl(c);
      break;
    case 'd':
      found = isdigit(c);
      break;
    case 'l':
      found = islower(c);
      break;
    case 'p':
      found = ispunct(c);
      break;
    case 's':
      found = isspace(c);
      break;
    case 'u':
      found = isupper(c);
      break;
    case 'w':
      found = isalnum(c);
      break;
    case 'x':
      found = isxdigit(c);
      break;
    case 'z':
      found = c == 0;
      break;
    default:
      return class == c;
  }
  return islower(class) ? found : !found;
}

/// Whether a set, from its `[` to its `]`, has a character.
static bool is_in_set(int c, const char *p, const char *end) {
  bool wanted = true;
  if (p[1] == '^') {
    wanted = false;
    p++;
  }
  while (++p < end) {
    if (*p == '%') {
      p++;
      if (is_of_class(c, (unsigned char)*p)) return wanted;
    } else if (p[1] == '-' && p + 2 < end) {
      p += 2;
      if ((unsigned char)p[-2] <= c && c <= (unsigned char)*p) return wanted;
    } else if ((unsigned char)*p == c) {
      return wanted;
    }
  }
  return !wanted;
}

static bool single_match(const char *s, const char *p, const char *end) {
  int c = (unsigned char)*s;
  switch (*p) {
    case '.':
      return true;
    case '%':
      return is_of_class(c, (unsigned char)p[1]);
    case '[':
      return is_in_set(c, p, end - 1);
    default:
      return (unsigned char)*p == c;
  }
}

static const char *match_balance(struct matching *m, const char *s, const char *p) {
  if (p[0] == 0 || p[1] == 0) luaL_error(m->L, "unbalanced pattern");
  if (s >= m->end || *s != *p) return NULL;
  int open = *p, close = p[1], depth = 1;
  while (++s < m->end) {
    irminsul_count_step(m->L, &m->steps);
    if (*s == close) {
      if (--depth == 0) return s + 1;
    } else if (*s == open) {
      depth++;
    }
  }
  return NULL;
}

static const char *expand_greedily(
    struct matching *m, const char *s, const char *p, const char *end) {
  ptrdiff_t count = 0;
  while (s + count < m->end && single_match(s + count, p, end)) {
    irminsul_count_step(m->L, &m->steps);
    count++;
  }
  for (; count >= 0; count--) {
    const char *found = match(m, s + count, end + 1);
    if (found) return found;
  }
  return NULL;
}

static const char *expand_lazily(
    struct matching *m, const char *s, const char *p, const char *end) {
  for (;;) {
    const char *found = match(m, s, end + 1);
    if (found) return found;
    if (s >= m->end || !single_match(s, p, end)) return NULL;
    s++;
  }
}

static const char *begin_capture(struct matching *m, const char *s, const char *p, int kind) {
  if (m->level >= most_captures) luaL_error(m->L, "too many captures");
  m->captures[m->level].start = s;
  m->captures[m->level].length = kind;
  m->level++;
  const char *found = match(m, s, p);
  if (!found) m->level--;
  return found;
}

static const char *end_capture(struct matching *m, const char *s, const char *p) {
  int level = capture_to_close(m);
  m->captures[level].length = s - m->captures[level].start;
  const char *found = match(m, s, p);
  if (!found) m->captures[level].length = open_capture;
  return found;
}

static const char *match_capture(struct matching *m, const char *s, int digit) {
  int level = capture_number(m, digit);
  ptrdiff_t length = m->captures[level].length;
  // A position has no text to be found again.
  if (length < 0) return NULL;
  irminsul_count_bytes(m->L, (size_t)length);
  if (m->end - s >= length && memcmp(m->captures[level].start, s, (size_t)length) == 0) {
    return s + length;
  }
  return NULL;
}

static const char *match_inner(struct matching *m, const char *s, const char *p) {
  for (;;) {
    irminsul_count_step(m->L, &m->steps);
    switch (*p) {
      case 0:
        return s;
      case '(':
        return p[1] == ')' ? begin_capture(m, s, p + 2, position_capture)
                           : begin_capture(m, s, p + 1, open_capture);
      case ')':
        return end_capture(m, s, p + 1);
      case '%':
        if (p[1] == 'b') {
          s = match_balance(m, s, p + 2);
          if (!s) return NULL;
          p += 4;
          continue;
        }
        if (p[1] == 'f') {
          p += 2;
          if (*p != '[') luaL_error(m->L, "missing '[' after '%%f' in pattern");
          const char *end = item_end(m, p);
          int previous = s == m->start ? 0 : (unsigned char)s[-1];
          int next = s < m->end ? (unsigned char)*s : 0;
          if (is_in_set(previous, p, end - 1) || !is_in_set(next, p, end - 1)) return NULL;
          p = end;
          continue;
        }
        if (isdigit((unsigned char)p[1])) {
          s = match_capture(m, s, (unsigned char)p[1]);
          if (!s) return NULL;
          p += 2;
          continue;
        }
        break;
      case '$':
        if (p[1] == 0) return s == m->end ? s : NULL;
        break;
      default:
        break;
    }
    const char *end = item_end(m, p);
    bool fits = s < m->end && single_match(s, p, end);
    switch (*end) {
      case '?':
        if (fits) {
          const char *found = match(m, s + 1, end + 1);
          if (found) return found;
        }
        p = end + 1;
        continue;
      case '*':
        return expand_greedily(m, s, p, end);
      case '+':
        return fits ? expand_greedily(m, s + 1, p, end) : NULL;
      case '-':
        return expand_lazily(m, s, p, end);
      default:
        if (!fits) return NULL;
        s++;
        p = end;
    }
  }
}

static const char *match(struct matching *m, const char *s, const char *p) {
  // 5.1's own bound of nested C calls.
  if (++m->depth > most_depth) luaL_error(m->L, "pattern too complex");
  const char *found = match_inner(m, s, p);
  m->depth--;
  return found;
}

static void push_capture(struct matching *m, int index, const char *s, const char *end) {
  if (index >= m->level) {
    if (index == 0) {
      lua_pushlstring(m->L, s, (size_t)(end - s));
    } else {
      luaL_error(m->L, "invalid capture index");
    }
    return;
  }
  ptrdiff_t length = m->captures[index].length;
  if (length == open_capture) luaL_error(m->L, "unfinished capture");
  if (length == position_capture) {
    lua_pushnumber(m->L, (double)(m->captures[index].start - m->start + 1));
  } else {
    lua_pushlstring(m->L, m->captures[index].start, (size_t)length);
  }
}

static int push_captures(struct matching *m, const char *s, const char *end) {
  int count = m->level == 0 && s ? 1 : m->level;
  luaL_checkstack(m->L, count, "too many captures");
  for (int index = 0; index < count; index++) push_capture(m, index, s, end);
  return count;
}

static void begin(struct matching *m, lua_State *L, const char *text, size_t length) {
  m->L = L;
  m->start = text;
  m->end = text + length;
  m->level = m->depth = 0;
  m->steps = 0;
}

/// A position of 5.1, from the end when it is negative.
static ptrdiff_t position_of(double number, size_t length) {
  ptrdiff_t position = (ptrdiff_t)irminsul_to_signed(number);
  if (position < 0) position += (ptrdiff_t)length + 1;
  return position >= 0 ? position : 0;
}

static const char *find_plain(
    lua_State *L, const char *text, size_t length, const char *wanted, size_t wanted_length) {
  if (wanted_length == 0) return text;
  irminsul_count_bytes(L, length);
  while (length >= wanted_length) {
    // Long texts that are nearly equal take as long as a pattern.
    irminsul_count_bytes(L, wanted_length);
    const char *first = memchr(text, wanted[0], length - wanted_length + 1);
    if (!first) return NULL;
    if (memcmp(first, wanted, wanted_length) == 0) return first;
    length -= (size_t)(first + 1 - text);
    text = first + 1;
  }
  return NULL;
}

static int find(lua_State *L, bool answers_place) {
  size_t length, pattern_length;
  const char *text = irminsul_check_string(L, 1, &length);
  const char *pattern = irminsul_check_string(L, 2, &pattern_length);
  double number = lua_isnoneornil(L, 3) ? 1 : irminsul_check_number(L, 3);
  ptrdiff_t start = position_of(number, length) - 1;
  if (start < 0) start = 0;
  if ((size_t)start > length) start = (ptrdiff_t)length;
  bool is_plain = answers_place && (lua_toboolean(L, 4) || !strpbrk(pattern, "^$*+?.([%-"));
  if (is_plain) {
    const char *found =
        find_plain(L, text + start, length - (size_t)start, pattern, pattern_length);
    if (found) {
      lua_pushnumber(L, (double)(found - text + 1));
      lua_pushnumber(L, (double)(found - text + (ptrdiff_t)pattern_length));
      return 2;
    }
    lua_pushnil(L);
    return 1;
  }
  struct matching m;
  begin(&m, L, text, length);
  bool is_anchored = *pattern == '^';
  if (is_anchored) pattern++;
  const char *s = text + start;
  do {
    m.level = m.depth = 0;
    const char *end = match(&m, s, pattern);
    if (end) {
      if (!answers_place) return push_captures(&m, s, end);
      lua_pushnumber(L, (double)(s - text + 1));
      lua_pushnumber(L, (double)(end - text));
      return push_captures(&m, NULL, NULL) + 2;
    }
  } while (s++ < m.end && !is_anchored);
  lua_pushnil(L);
  return 1;
}

static int string_find(lua_State *L) { return find(L, true); }

static int string_match(lua_State *L) { return find(L, false); }

static int next_match(lua_State *L) {
  size_t length;
  const char *text = lua_tolstring(L, lua_upvalueindex(1), &length);
  const char *pattern = lua_tostring(L, lua_upvalueindex(2));
  struct matching m;
  begin(&m, L, text, length);
  for (const char *s = text + lua_tointeger(L, lua_upvalueindex(3)); s <= m.end; s++) {
    m.level = m.depth = 0;
    const char *end = match(&m, s, pattern);
    if (!end) continue;
    lua_pushinteger(L, end - text + (end == s));
    lua_replace(L, lua_upvalueindex(3));
    return push_captures(&m, s, end);
  }
  return 0;
}

static int string_gmatch(lua_State *L) {
  irminsul_check_string(L, 1, NULL);
  irminsul_check_string(L, 2, NULL);
  lua_settop(L, 2);
  lua_pushinteger(L, 0);
  lua_pushcclosure(L, next_match, 3);
  return 1;
}

/// Appends what stands for a match: the text with its %1, or what a table or function answers.
static void add_replacement(
    struct matching *m, luaL_Buffer *buffer, const char *s, const char *end, int type) {
  lua_State *L = m->L;
  if (type == LUA_TSTRING) {
    size_t length;
    const char *text = lua_tolstring(L, 3, &length);
    for (size_t i = 0; i < length; i++) {
      if (text[i] != '%') {
        luaL_addchar(buffer, text[i]);
        continue;
      }
      i++;
      // The NUL behind the text stands for itself.
      if (!isdigit((unsigned char)text[i])) {
        luaL_addchar(buffer, text[i]);
      } else if (text[i] == '0') {
        luaL_addlstring(buffer, s, (size_t)(end - s));
      } else {
        push_capture(m, text[i] - '1', s, end);
        // A position is a number.
        irminsul_push_text(L, -1);
        lua_remove(L, -2);
        luaL_addvalue(buffer);
      }
    }
    return;
  }
  if (type == LUA_TFUNCTION) {
    lua_pushvalue(L, 3);
    lua_call(L, push_captures(m, s, end), 1);
  } else {
    push_capture(m, 0, s, end);
    lua_gettable(L, 3);
  }
  if (!lua_toboolean(L, -1)) {
    lua_pop(L, 1);
    lua_pushlstring(L, s, (size_t)(end - s));
  } else if (lua_type(L, -1) == LUA_TNUMBER) {
    irminsul_push_text(L, -1);
    lua_remove(L, -2);
  } else if (lua_type(L, -1) != LUA_TSTRING) {
    luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
  }
  luaL_addvalue(buffer);
}

static int string_gsub(lua_State *L) {
  size_t length;
  const char *text = irminsul_check_string(L, 1, &length);
  const char *pattern = irminsul_check_string(L, 2, NULL);
  if (lua_type(L, 3) == LUA_TNUMBER) irminsul_check_string(L, 3, NULL);
  int type = lua_type(L, 3);
  int64_t most = lua_isnoneornil(L, 4) ? (int64_t)length + 1
                                       : (int32_t)irminsul_check_integer(L, 4);
  luaL_argcheck(
      L, type == LUA_TSTRING || type == LUA_TTABLE || type == LUA_TFUNCTION, 3,
      "string/function/table expected");
  lua_settop(L, 4);
  bool is_anchored = *pattern == '^';
  if (is_anchored) pattern++;
  struct matching m;
  begin(&m, L, text, length);
  luaL_Buffer buffer;
  luaL_buffinit(L, &buffer);
  int64_t count = 0;
  const char *s = text;
  while (count < most) {
    m.level = m.depth = 0;
    const char *end = match(&m, s, pattern);
    if (end) {
      count++;
      add_replacement(&m, &buffer, s, end, type);
    }
    if (end && end > s) {
      s = end;
    } else if (s < m.end) {
      luaL_addchar(&buffer, *s++);
    } else {
      break;
    }
    if (is_anchored) break;
  }
  luaL_addlstring(&buffer, s, (size_t)(m.end - s));
  luaL_pushresult(&buffer);
  lua_pushnumber(L, (double)count);
  return 2;
}

// MARK: string.format

/// A string between quotes, as %q has it.
static void add_quoted(lua_State *L, luaL_Buffer *buffer, int index) {
  size_t length;
  const char *text = irminsul_check_string(L, index, &length);
  luaL_addchar(buffer, '"');
  for (; length > 0; length--, text++) {
    switch (*text) {
      case '"':
      case '\\':
      case '\n':
        luaL_addchar(buffer, '\\');
        luaL_addchar(buffer, *text);
        break;
      case '\r':
        luaL_addstring(buffer, "\\r");
        break;
      case 0:
        luaL_addstring(buffer, "\\000");
        break;
      default:
        luaL_addchar(buffer, *text);
    }
  }
  luaL_addchar(buffer, '"');
}

enum { longest_item = 512, longest_form = 32 };

/// Copies the flags, width and precision of an item into `form`, which begins with `%`.
static const char *read_form(lua_State *L, const char *text, char *form) {
  static const char flags[] = "-+ #0";
  const char *p = text;
  while (*p && strchr(flags, *p)) p++;
  if ((size_t)(p - text) >= sizeof flags) luaL_error(L, "invalid format (repeated flags)");
  for (int i = 0; i < 2 && isdigit((unsigned char)*p); i++) p++;
  if (*p == '.') {
    p++;
    for (int i = 0; i < 2 && isdigit((unsigned char)*p); i++) p++;
  }
  if (isdigit((unsigned char)*p)) luaL_error(L, "invalid format (width or precision too long)");
  *form++ = '%';
  memcpy(form, text, (size_t)(p - text));
  form[p - text] = 0;
  return p;
}

static int string_format(lua_State *L) {
  int top = lua_gettop(L), argument = 1;
  size_t length;
  const char *text = irminsul_check_string(L, 1, &length), *end = text + length;
  lua_pushnil(L);  // parts the arguments from what luaL_Buffer keeps on the stack
  luaL_Buffer buffer;
  luaL_buffinit(L, &buffer);
  while (text < end) {
    if (*text != '%') {
      luaL_addchar(&buffer, *text++);
      continue;
    }
    if (*++text == '%') {
      luaL_addchar(&buffer, *text++);
      continue;
    }
    char form[longest_form], item[longest_item];
    int count;
    if (++argument > top) luaL_argerror(L, argument, "no value");
    text = read_form(L, text, form);
    char kind = *text++;
    size_t form_length = strlen(form);
    switch (kind) {
      case 'c': {
        memcpy(form + form_length, "c", 2);
        double code = irminsul_check_number(L, argument);
        bool fits = code > -2147483649.0 && code < 2147483648.0;
        snprintf(item, sizeof item, form, fits ? (int)code : 0);
        // A NUL ends what is taken of it.
        count = (int)strlen(item);
        break;
      }
      case 'd':
      case 'i':
      case 'o':
      case 'u':
      case 'x':
      case 'X': {
        double number = irminsul_check_number(L, argument);
        form[form_length] = 'l';
        form[form_length + 1] = 'l';
        form[form_length + 2] = kind;
        form[form_length + 3] = 0;
        int64_t value = kind == 'd' || kind == 'i' ? irminsul_to_signed(number)
                                                   : (int64_t)irminsul_to_unsigned(number);
        count = snprintf(item, sizeof item, form, (long long)value);
        break;
      }
      case 'e':
      case 'E':
      case 'f':
      case 'g':
      case 'G':
        form[form_length] = kind;
        form[form_length + 1] = 0;
        count = snprintf(item, sizeof item, form, irminsul_check_number(L, argument));
        break;
      case 'q':
        add_quoted(L, &buffer, argument);
        continue;
      case 's': {
        size_t size;
        const char *value = irminsul_check_string(L, argument, &size);
        irminsul_count_bytes(L, size);
        if (!strchr(form, '.') && size >= 100) {
          luaL_addlstring(&buffer, value, size);
          continue;
        }
        memcpy(form + form_length, "s", 2);
        count = snprintf(item, sizeof item, form, value);
        break;
      }
      default:
        return luaL_error(L, "invalid option '%%%c' to 'format'", kind);
    }
    luaL_addlstring(&buffer, item, count < longest_item ? (size_t)count : longest_item - 1);
  }
  luaL_pushresult(&buffer);
  return 1;
}

// MARK: the rest of the library, for its numbers that print as 5.1's

static int string_rep(lua_State *L) {
  size_t length;
  const char *text = irminsul_check_string(L, 1, &length);
  int64_t count = (int32_t)irminsul_check_integer(L, 2);
  if (count <= 0 || length == 0) {
    lua_pushliteral(L, "");
    return 1;
  }
  if (length >= (SIZE_MAX >> 1) / (size_t)count) return luaL_error(L, "resulting string too large");
  luaL_Buffer buffer;
  char *to = luaL_buffinitsize(L, &buffer, length * (size_t)count);
  for (int64_t i = 0; i < count; i++, to += length) {
    irminsul_count_bytes(L, length);
    memcpy(to, text, length);
  }
  luaL_pushresultsize(&buffer, length * (size_t)count);
  return 1;
}

static int string_sub(lua_State *L) {
  size_t length;
  const char *text = irminsul_check_string(L, 1, &length);
  ptrdiff_t start = position_of(irminsul_check_number(L, 2), length);
  ptrdiff_t end = position_of(lua_isnoneornil(L, 3) ? -1 : irminsul_check_number(L, 3), length);
  if (start < 1) start = 1;
  if (end > (ptrdiff_t)length) end = (ptrdiff_t)length;
  if (start <= end) {
    irminsul_count_bytes(L, (size_t)(end - start));
    lua_pushlstring(L, text + start - 1, (size_t)(end - start + 1));
  } else {
    lua_pushliteral(L, "");
  }
  return 1;
}

static int string_len(lua_State *L) {
  size_t length;
  irminsul_check_string(L, 1, &length);
  lua_pushnumber(L, (double)length);
  return 1;
}

static int mapped(lua_State *L, int (*map)(int)) {
  size_t length;
  const char *text = irminsul_check_string(L, 1, &length);
  irminsul_count_bytes(L, length);
  luaL_Buffer buffer;
  char *to = luaL_buffinitsize(L, &buffer, length);
  for (size_t i = 0; i < length; i++) to[i] = (char)map((unsigned char)text[i]);
  luaL_pushresultsize(&buffer, length);
  return 1;
}

static int string_lower(lua_State *L) { return mapped(L, tolower); }

static int string_upper(lua_State *L) { return mapped(L, toupper); }

static int string_reverse(lua_State *L) {
  size_t length;
  const char *text = irminsul_check_string(L, 1, &length);
  irminsul_count_bytes(L, length);
  luaL_Buffer buffer;
  char *to = luaL_buffinitsize(L, &buffer, length);
  for (size_t i = 0; i < length; i++) to[i] = text[length - 1 - i];
  luaL_pushresultsize(&buffer, length);
  return 1;
}

static int string_byte(lua_State *L) {
  size_t length;
  const char *text = irminsul_check_string(L, 1, &length);
  ptrdiff_t start = position_of(lua_isnoneornil(L, 2) ? 1 : irminsul_check_number(L, 2), length);
  ptrdiff_t end =
      lua_isnoneornil(L, 3) ? start : position_of(irminsul_check_number(L, 3), length);
  if (start < 1) start = 1;
  if (end > (ptrdiff_t)length) end = (ptrdiff_t)length;
  if (start > end) return 0;
  if (!irminsul_has_room(L, end - start + 1, 0)) {
    return luaL_error(L, "stack overflow (string slice too long)");
  }
  for (ptrdiff_t i = start; i <= end; i++) lua_pushnumber(L, (unsigned char)text[i - 1]);
  return (int)(end - start + 1);
}

static int string_char(lua_State *L) {
  int count = lua_gettop(L);
  luaL_Buffer buffer;
  char *to = luaL_buffinitsize(L, &buffer, (size_t)count);
  for (int i = 1; i <= count; i++) {
    int64_t code = irminsul_check_integer(L, i);
    luaL_argcheck(L, (int64_t)(uint8_t)code == (int64_t)(int32_t)code, i, "invalid value");
    to[i - 1] = (char)code;
  }
  luaL_pushresultsize(&buffer, (size_t)count);
  return 1;
}

void irminsul_set_string_functions(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"find", string_find},       {"match", string_match}, {"gmatch", string_gmatch},
      {"gfind", string_gmatch},    {"gsub", string_gsub},   {"format", string_format},
      {"rep", string_rep},         {"sub", string_sub},     {"len", string_len},
      {"lower", string_lower},     {"upper", string_upper}, {"reverse", string_reverse},
      {"byte", string_byte},       {"char", string_char},   {NULL, NULL},
  };
  luaL_setfuncs(L, functions, 0);
}
