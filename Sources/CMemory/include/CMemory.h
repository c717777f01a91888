// Hints about memory for which Swift has no words. They change speed and nothing else.
#ifndef AVSIM_CMEMORY_H
#define AVSIM_CMEMORY_H

#include <stddef.h>
#include <sys/mman.h>

/// Asks the processor for the cache line at an address, before it is read. Any address will do; it never faults.
static inline void avsim_prefetch(const void *_Nullable address) { __builtin_prefetch(address, 0, 3); }

/// Asks the system for large pages in a range that begins and ends at a multiple of 2 MiB. It may not have any.
static inline void avsim_prefer_large_pages(void *_Nonnull start, size_t bytes) {
#ifdef MADV_HUGEPAGE
  (void)madvise(start, bytes, MADV_HUGEPAGE);
#endif
}

#endif
