// Asks the processor for a cache line ahead of its use. Swift has no builtin for it.
#ifndef AVSIM_CPREFETCH_H
#define AVSIM_CPREFETCH_H

/// Reads nothing: a hint that may name any address and never faults.
static inline void avsim_prefetch(const void *_Nullable address) { __builtin_prefetch(address, 0, 3); }

#endif
