// The one way to the processor's prefetch instruction.

import CMemory

/// Asks for the cache line at `address`; a hint that never faults.
@unsafe @inline(__always) func touch(_ address: UnsafeRawPointer) { unsafe avsim_prefetch(address) }
