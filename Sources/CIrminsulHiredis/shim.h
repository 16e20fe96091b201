// The part of hiredis that speaks RESP: formatting commands and reading replies.
#pragma once
#include <hiredis.h>
