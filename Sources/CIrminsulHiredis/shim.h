// The part of hiredis that speaks RESP: formatting commands and reading replies.
#pragma once
#if __has_include(<hiredis/hiredis.h>)
#include <hiredis/hiredis.h>
#else
#include <hiredis.h>
#endif
