// Hooks: the time limit, the marks of lines that ran, and a host's own look at a running script.
#include <stdio.h>

#include "state.h"

/// Tables within tables that are shown.
enum { most_shown_depth = 8 };

static void mark_line(irminsul_lua *lua, int line, uint8_t mark) {
  if (line < 0) return;
  size_t needed = (size_t)line + 1;
  if (needed > lua->line_capacity) {
    uint8_t *grown = realloc(lua->lines, needed * 2);
    if (!grown) return;
    memset(grown + lua->line_capacity, 0, needed * 2 - lua->line_capacity);
    lua->lines = grown;
    lua->line_capacity = needed * 2;
  }
  if (needed > lua->line_count) lua->line_count = needed;
  lua->lines[line] |= mark;
}

static void record_line(lua_State *L, lua_Debug *event) {
  irminsul_lua *lua = irminsul_of(L);
  bool is_call = event->event == LUA_HOOKCALL || event->event == LUA_HOOKTAILCALL;
  lua_getinfo(L, "S", event);
  // What loadstring compiles is no part of the script's text.
  if (strcmp(event->source, irminsul_script_source) != 0) return;
  if (!is_call) {
    mark_line(lua, event->currentline, IRMINSUL_LINE_RUN);
    return;
  }
  size_t first = (size_t)event->linedefined;
  if (first < lua->line_count && lua->lines[first] & IRMINSUL_LINE_FUNCTION) return;
  mark_line(lua, event->linedefined, IRMINSUL_LINE_FUNCTION);
  if (!lua_checkstack(L, 4)) return;
  lua_getinfo(L, "L", event);
  if (lua_istable(L, -1)) {
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
      mark_line(lua, (int)lua_tointeger(L, -2), IRMINSUL_LINE_CODE);
    }
  }
  lua_pop(L, 1);
}

void irminsul_lua_record_lines(irminsul_lua *lua, bool is_on) { lua->records_lines = is_on; }

const uint8_t *irminsul_lua_take_lines(irminsul_lua *lua, size_t *count) {
  *count = lua->line_count;
  lua->line_count = 0;
  return lua->lines;
}

void irminsul_lua_set_hook(
    irminsul_lua *lua, unsigned events, int instructions, irminsul_hook hook) {
  lua->hook = hook;
  lua->hook_events = hook ? events : 0;
  lua->hook_instructions = instructions > 0 ? instructions : 1;
}

void irminsul_begin_hooks(irminsul_lua *lua) {
  unsigned events = lua->hook_events;
  int mask = LUA_MASKCOUNT;
  if (lua->records_lines) mask |= LUA_MASKLINE | LUA_MASKCALL;
  if (events & IRMINSUL_EVENT_LINE) mask |= LUA_MASKLINE;
  if (events & IRMINSUL_EVENT_CALL) mask |= LUA_MASKCALL;
  if (events & IRMINSUL_EVENT_RETURN) mask |= LUA_MASKRET;
  bool counts = events & IRMINSUL_EVENT_COUNT &&
                lua->hook_instructions < irminsul_instructions_per_check;
  lua->hook_counted = 0;
  lua->own_left = lua->own_instructions;
  lua_sethook(
      lua->main, irminsul_on_event, mask,
      counts ? lua->hook_instructions : irminsul_instructions_per_check);
}

static enum irminsul_event event_of(const lua_Debug *event) {
  switch (event->event) {
    case LUA_HOOKLINE:
      return IRMINSUL_EVENT_LINE;
    case LUA_HOOKRET:
      return IRMINSUL_EVENT_RETURN;
    case LUA_HOOKCOUNT:
      return IRMINSUL_EVENT_COUNT;
    default:
      return IRMINSUL_EVENT_CALL;
  }
}

/// Whether an event is of a line before the script's first one, where the translation has its own beginning.
static bool is_before_script(lua_State *L, lua_Debug *event) {
  const irminsul_lua *lua = irminsul_of(L);
  if (event->event != LUA_HOOKLINE || event->currentline >= lua->first_line) return false;
  lua_getinfo(L, "S", event);
  return strcmp(event->source, irminsul_script_source) == 0;
}

void irminsul_on_event(lua_State *L, lua_Debug *event) {
  irminsul_lua *lua = irminsul_of(L);
  if (is_before_script(L, event)) return;
  if (event->event == LUA_HOOKCOUNT) {
    lua->hook_counted += lua->hook_instructions;
    bool is_due = !(lua->hook_events & IRMINSUL_EVENT_COUNT) ||
                  lua->hook_counted >= irminsul_instructions_per_check ||
                  lua->stopped != IRMINSUL_DONE;
    if (is_due) {
      lua->hook_counted = 0;
      irminsul_check_time(L);
    }
  } else if (lua->records_lines && event->event != LUA_HOOKRET) {
    if (event->event == LUA_HOOKLINE) lua_getinfo(L, "l", event);
    record_line(L, event);
  }
  enum irminsul_event kind = event_of(event);
  if (!(lua->hook_events & kind)) return;
  if (kind == IRMINSUL_EVENT_COUNT && lua->own_left > 0) {
    lua->own_left -= lua->hook_instructions;
    return;
  }
  lua_State *outer = lua->running;
  int hidden = lua->hidden_frames;
  lua->running = L;
  lua->hidden_frames = 0;
  irminsul_answer answer = lua->hook(lua->context, kind);
  lua->running = outer;
  lua->hidden_frames = hidden;
  if (answer == IRMINSUL_ABORT) irminsul_stop(L, IRMINSUL_ABORTED);
  // What looks at a script may take longer than the script.
  irminsul_check_time_of_call(L);
}

bool irminsul_lua_frame(irminsul_lua *lua, int level, irminsul_frame *frame) {
  lua_Debug place;
  lua_State *L = lua->running;
  if (!L || !lua_getstack(L, level + lua->hidden_frames, &place)) return false;
  if (!lua_getinfo(L, "nSl", &place)) return false;
  // A script begins at its first word.
  if (place.currentline < lua->first_line && *place.what == 'm' &&
      strcmp(place.source, irminsul_script_source) == 0) {
    place.currentline = lua->first_line;
  }
  *frame = (irminsul_frame){
      .source = place.source,
      .name = place.name,
      .line = place.currentline,
      .first_line = place.linedefined,
      .is_c = strcmp(place.what, "C") == 0,
      .is_own = place.name && strncmp(place.name, "_ENV", 4) == 0,
  };
  return true;
}

/// Appends the value at the top of the stack, and pops it. `depth` tables are around it.
static void show(lua_State *L, irminsul_buffer *shown, int depth) {
  switch (lua_type(L, -1)) {
    case LUA_TNIL:
      irminsul_buffer_head(shown, IRMINSUL_SHOWN_NIL, 0);
      break;
    case LUA_TBOOLEAN:
      irminsul_buffer_head(shown, IRMINSUL_SHOWN_BOOLEAN, lua_toboolean(L, -1));
      break;
    case LUA_TNUMBER: {
      double number = lua_tonumber(L, -1);
      int64_t bits;
      memcpy(&bits, &number, 8);
      irminsul_buffer_head(shown, IRMINSUL_SHOWN_NUMBER, bits);
      break;
    }
    case LUA_TSTRING: {
      size_t length;
      const char *text = lua_tolstring(L, -1, &length);
      irminsul_buffer_text(shown, IRMINSUL_SHOWN_BYTES, text, length);
      break;
    }
    case LUA_TTABLE: {
      if (depth >= most_shown_depth || !lua_checkstack(L, 8)) {
        irminsul_buffer_head(shown, IRMINSUL_SHOWN_DEEP, 0);
        break;
      }
      irminsul_see_through(L);
      size_t position = shown->length;
      irminsul_buffer_head(shown, IRMINSUL_SHOWN_TABLE, 0);
      int64_t count = 0;
      for (lua_pushnil(L); lua_next(L, -2); count++) {
        lua_pushvalue(L, -2);
        show(L, shown, depth + 1);
        show(L, shown, depth + 1);
      }
      if (!shown->exhausted) memcpy(shown->bytes + position + 1, &count, 8);
      break;
    }
    default: {
      char text[64];
      int length =
          snprintf(text, sizeof text, "%s: %p", luaL_typename(L, -1), lua_topointer(L, -1));
      irminsul_buffer_text(shown, IRMINSUL_SHOWN_OTHER, text, (size_t)length);
    }
  }
  lua_pop(L, 1);
}

/// Pushes the local or upvalue and returns its name; null when there is none.
static const char *push_local(lua_State *L, lua_Debug *place, int number) {
  if (number > 0) return lua_getlocal(L, place, number);
  lua_getinfo(L, "f", place);
  const char *name = lua_getupvalue(L, -1, -number);
  if (name) {
    lua_remove(L, -2);
  } else {
    lua_pop(L, 1);
  }
  return name;
}

struct look {
  lua_Debug *place;
  int number;
  irminsul_buffer *shown;
  bool is_found;
};

static int show_local(lua_State *L) {
  struct look *job = lua_touserdata(L, 1);
  const char *name = push_local(L, job->place, job->number);
  if (!name) return 0;
  irminsul_buffer_text(job->shown, IRMINSUL_SHOWN_BYTES, name, strlen(name));
  show(L, job->shown, 0);
  job->is_found = true;
  return 0;
}

bool irminsul_lua_show_local(irminsul_lua *lua, int level, int number, irminsul_buffer *shown) {
  lua_State *L = lua->running;
  lua_Debug place;
  if (!L || number == 0 || !lua_getstack(L, level + lua->hidden_frames, &place)) return false;
  if (!lua_checkstack(L, 8)) return false;
  struct look job = {&place, number, shown, false};
  lua_pushcfunction(L, show_local);
  lua_pushlightuserdata(L, &job);
  if (lua_pcall(L, 1, 0, 0) == LUA_OK) return job.is_found;
  lua_pop(L, 1);
  shown->length = 0;
  return false;
}

struct evaluation {
  lua_Debug *place;
  irminsul_slice expression;
  irminsul_buffer *shown;
  int results;
};

static int evaluate(lua_State *L) {
  struct evaluation *job = lua_touserdata(L, 1);
  lua_settop(L, 0);
  // The chunk's globals: the locals that the place sees, the innermost last, before the real ones.
  lua_newtable(L);
  for (int sign = -1; sign <= 1; sign += 2) {
    for (int number = 1;; number++) {
      const char *name = push_local(L, job->place, sign * number);
      if (!name) break;
      if (name[0] == '(' || strncmp(name, "_ENV", 4) == 0) {
        lua_pop(L, 1);
      } else {
        lua_setfield(L, 1, name);
      }
    }
  }
  lua_createtable(L, 0, 1);
  lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
  lua_setfield(L, -2, "__index");
  lua_setmetatable(L, 1);
  lua_pushliteral(L, "return ");
  lua_pushlstring(L, (const char *)job->expression.bytes, job->expression.length);
  lua_concat(L, 2);
  size_t length;
  const char *text = lua_tolstring(L, -1, &length);
  if (irminsul_load(L, text, length, "=print", 0) != LUA_OK) return lua_error(L);
  lua_pop(L, 1);
  lua_pushvalue(L, 1);
  lua_setupvalue(L, -2, 1);
  lua_call(L, 0, LUA_MULTRET);
  job->results = lua_gettop(L) - 2;
  for (int index = 3; index < 3 + job->results; index++) {
    lua_pushvalue(L, index);
    show(L, job->shown, 0);
  }
  return 0;
}

int irminsul_lua_evaluate(
    irminsul_lua *lua, int level, irminsul_slice expression, irminsul_buffer *shown) {
  lua_State *L = lua->running;
  lua_Debug place;
  if (!L || !lua_getstack(L, level + lua->hidden_frames, &place)) return 0;
  if (!lua_checkstack(L, 8)) return 0;
  struct evaluation job = {&place, expression, shown, 0};
  lua_pushcfunction(L, evaluate);
  lua_pushlightuserdata(L, &job);
  if (lua_pcall(L, 1, 0, 0) == LUA_OK) return job.results;
  size_t length = 0;
  const char *text = lua_tolstring(L, -1, &length);
  shown->length = 0;
  irminsul_buffer_text(shown, IRMINSUL_SHOWN_BYTES, text ? text : "?", text ? length : 1);
  lua_pop(L, 1);
  return -1;
}
