// How much memory the process has in use, as its allocator counts.
#include "bridge.h"

#if defined(__APPLE__)
#include <malloc/malloc.h>

size_t irminsul_heap_in_use(void) {
  malloc_statistics_t statistics;
  malloc_zone_statistics(NULL, &statistics);
  return statistics.size_in_use;
}

void irminsul_heap_trim(void) { malloc_zone_pressure_relief(NULL, 0); }
#elif defined(__GLIBC__)
#include <malloc.h>

size_t irminsul_heap_in_use(void) {
#if __GLIBC_PREREQ(2, 33)
  struct mallinfo2 info = mallinfo2();
#else
  struct mallinfo info = mallinfo();
#endif
  return (size_t)info.uordblks + (size_t)info.hblkhd;
}

void irminsul_heap_trim(void) { malloc_trim(0); }
#else
size_t irminsul_heap_in_use(void) { return 0; }

void irminsul_heap_trim(void) {}
#endif
