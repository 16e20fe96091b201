#include "bridge.h"
int irminsul_lua_version(void) { return LUA_VERSION_NUM; }
