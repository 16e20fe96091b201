// Numbers as text the way Redis writes and reads them, which Swift has no plain call for.
#include <math.h>
#include <stdio.h>

#include "bridge.h"

size_t irminsul_format_double(double number, char text[64]) {
  if (isinf(number)) return (size_t)snprintf(text, 64, number > 0 ? "inf" : "-inf");
  return (size_t)snprintf(text, 64, "%.17g", number);
}

size_t irminsul_format_lua_number(double number, char text[64]) {
  return (size_t)snprintf(text, 64, "%.14g", number);
}

bool irminsul_parse_double(irminsul_slice text, double *number) {
  char copy[256];
  if (text.length == 0 || text.length >= sizeof copy) return false;
  memcpy(copy, text.bytes, text.length);
  copy[text.length] = 0;
  if (copy[0] == ' ' || (copy[0] >= '\t' && copy[0] <= '\r')) return false;
  char *end;
  *number = strtod(copy, &end);
  return end == copy + text.length && !isnan(*number);
}
