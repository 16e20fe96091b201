// Numbers as text the way Redis writes and reads them, which Swift has no plain call for.
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "bridge.h"

size_t irminsul_format_double(double number, char text[64]) {
  if (isinf(number)) return (size_t)snprintf(text, 64, number > 0 ? "inf" : "-inf");
  return (size_t)snprintf(text, 64, "%.17g", number);
}

size_t irminsul_format_lua_number(double number, char text[64]) {
  // Whole numbers of up to 14 digits, which most are, without printf. It tells -0 from 0.
  int64_t whole = number > -1e14 && number < 1e14 ? (int64_t)number : 0;
  if ((double)whole != number || (whole == 0 && signbit(number))) {
    return (size_t)snprintf(text, 64, "%.14g", number);
  }
  char digits[16];
  size_t count = 0, length = 0;
  uint64_t rest = whole < 0 ? (uint64_t)-whole : (uint64_t)whole;
  do {
    digits[count++] = (char)('0' + rest % 10);
    rest /= 10;
  } while (rest);
  if (whole < 0) text[length++] = '-';
  while (count) text[length++] = digits[--count];
  text[length] = 0;
  return length;
}

bool irminsul_parse_lua_number(const char *text, double *number) {
  char *end;
  *number = strtod(text, &end);
  if (end == text) return false;
  if (*end == 'x' || *end == 'X') *number = (double)strtoul(text, &end, 16);
  while (isspace((unsigned char)*end)) end++;
  return *end == 0;
}

/// As Redis' string2ld: the whole text, no space in front.
static bool parse_long_double(irminsul_slice text, long double *number) {
  char copy[5120];
  if (text.length == 0 || text.length >= sizeof copy) return false;
  memcpy(copy, text.bytes, text.length);
  copy[text.length] = 0;
  if (copy[0] == ' ' || (copy[0] >= '\t' && copy[0] <= '\r')) return false;
  char *end;
  *number = strtold(copy, &end);
  return end == copy + text.length && !isnan(*number);
}

int irminsul_add_decimals(irminsul_slice left, irminsul_slice right, char text[5120]) {
  long double a, b;
  if (!parse_long_double(left, &a) || !parse_long_double(right, &b)) return 0;
  long double sum = a + b;
  if (isnan(sum) || isinf(sum)) return -1;
  int length = snprintf(text, 5120, "%.17Lf", sum);
  if (length < 0 || length >= 5120) return -1;
  if (memchr(text, '.', (size_t)length)) {
    while (text[length - 1] == '0') length--;
    if (text[length - 1] == '.') length--;
  }
  if (length == 2 && text[0] == '-' && text[1] == '0') {
    text[0] = '0';
    length = 1;
  }
  return length;
}

bool irminsul_parse_double(irminsul_slice text, double *number, bool in_range) {
  char copy[256];
  if (text.length == 0 || text.length >= sizeof copy) return false;
  memcpy(copy, text.bytes, text.length);
  copy[text.length] = 0;
  if (copy[0] == ' ' || (copy[0] >= '\t' && copy[0] <= '\r')) return false;
  char *end;
  errno = 0;
  *number = strtod(copy, &end);
  bool fits = errno != ERANGE || (!isinf(*number) && *number != 0);
  return end == copy + text.length && !isnan(*number) && (fits || !in_range);
}
