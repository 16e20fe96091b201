// Lua 5.4's C API. The library to link is named by pkg-config, as it differs between systems.
#pragma once
#include <lua.h>
#include <lauxlib.h>
#include <lualib.h>
