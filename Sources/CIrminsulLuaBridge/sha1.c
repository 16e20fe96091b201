// SHA-1 as FIPS 180-4 defines it, for redis.sha1hex.
#include "bridge.h"

static inline uint32_t rotate(uint32_t value, int bits) {
  return value << bits | value >> (32 - bits);
}

static inline uint32_t read_word(const uint8_t *bytes) {
  return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

// The five variables change places instead of values, and the schedule is kept in 16 words.
#define SCHEDULED(i)                                                                           \
  (w[(i) & 15] = rotate(                                                                       \
       w[((i) + 13) & 15] ^ w[((i) + 8) & 15] ^ w[((i) + 2) & 15] ^ w[(i) & 15], 1))
#define CHOOSE(b, c, d) (((c ^ d) & b) ^ d)
#define PARITY(b, c, d) (b ^ c ^ d)
#define MAJORITY(b, c, d) ((b & c) | (d & (b | c)))
#define STEP(a, b, c, d, e, f, k, word)      \
  e += rotate(a, 5) + f(b, c, d) + k + word; \
  b = rotate(b, 30);
#define FIVE(f, k, word, i)                \
  STEP(a, b, c, d, e, f, k, word(i))       \
  STEP(e, a, b, c, d, f, k, word((i) + 1)) \
  STEP(d, e, a, b, c, f, k, word((i) + 2)) \
  STEP(c, d, e, a, b, f, k, word((i) + 3)) \
  STEP(b, c, d, e, a, f, k, word((i) + 4))
#define FIRST(i) (w[i] = read_word(block + 4 * (i)))

static void add_block(uint32_t state[5], const uint8_t *block) {
  uint32_t w[16];
  uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
  FIVE(CHOOSE, 0x5a827999, FIRST, 0)
  FIVE(CHOOSE, 0x5a827999, FIRST, 5)
  FIVE(CHOOSE, 0x5a827999, FIRST, 10)
  STEP(a, b, c, d, e, CHOOSE, 0x5a827999, FIRST(15))
  STEP(e, a, b, c, d, CHOOSE, 0x5a827999, SCHEDULED(16))
  STEP(d, e, a, b, c, CHOOSE, 0x5a827999, SCHEDULED(17))
  STEP(c, d, e, a, b, CHOOSE, 0x5a827999, SCHEDULED(18))
  STEP(b, c, d, e, a, CHOOSE, 0x5a827999, SCHEDULED(19))
  for (int i = 20; i < 40; i += 5) {
    FIVE(PARITY, 0x6ed9eba1, SCHEDULED, i)
  }
  for (int i = 40; i < 60; i += 5) {
    FIVE(MAJORITY, 0x8f1bbcdc, SCHEDULED, i)
  }
  for (int i = 60; i < 80; i += 5) {
    FIVE(PARITY, 0xca62c1d6, SCHEDULED, i)
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
}

void irminsul_sha1_hex(irminsul_slice bytes, char digits[40]) {
  uint32_t state[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  size_t whole = bytes.length / 64 * 64, rest = bytes.length - whole;
  for (size_t i = 0; i < whole; i += 64) add_block(state, bytes.bytes + i);
  uint8_t tail[128] = {0};
  if (rest) memcpy(tail, bytes.bytes + whole, rest);
  tail[rest] = 0x80;
  size_t size = rest < 56 ? 64 : 128;
  uint64_t bits = (uint64_t)bytes.length * 8;
  for (int i = 0; i < 8; i++) tail[size - 1 - (size_t)i] = (uint8_t)(bits >> (8 * i));
  for (size_t i = 0; i < size; i += 64) add_block(state, tail + i);
  for (int i = 0; i < 40; i++) {
    digits[i] = "0123456789abcdef"[state[i / 8] >> (28 - 4 * (i % 8)) & 15];
  }
}
