#pragma once
#include <lua.h>
int irminsul_lua_version(void);
