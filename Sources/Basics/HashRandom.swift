// Randomness as a pure function: hash(seed, purpose, who, what, count). Nothing is drawn from a shared generator on
// the hot path, so a run does not change when an observer, a thread or a fault is added elsewhere, and shrinking a
// fault script keeps every later draw.
//
// The mixing function is SplitMix64's output function (Steele, Lea, Flood: "Fast splittable pseudorandom number
// generators", OOPSLA 2014).

/// What a draw is for. Draws of different purposes are independent. Raw values enter every digest: append only.
@frozen public enum Purpose: UInt64, Sendable {
  case graph = 1
  case latency, jitter, loss, bandwidth
  case heartbeat, meshChoice, gossipChoice, fanout, promise
  case taskArrival, computeTime, rpcDelay, publication
  case membership, election, adversary, fault
  case keys, payload
  case inclusion, blockProposal
  case sampling
  case peerExchange
}

/// SplitMix64's finalizer: a bijection on 64 bits with full avalanche.
@inlinable public func avalanche(_ value: UInt64) -> UInt64 {
  var z = value
  z = (z ^ (z &>> 30)) &* 0xBF58_476D_1CE4_E5B9
  z = (z ^ (z &>> 27)) &* 0x94D0_49BB_1331_11EB
  return z ^ (z &>> 31)
}

/// SplitMix64's output for state `x`.
@inlinable public func mix(_ x: UInt64) -> UInt64 { avalanche(x &+ 0x9E37_79B9_7F4A_7C15) }

/// Maps 64 hash bits to `0 ..< bound` by multiplication; `bound` below 2^32. Bias at most 2^-32.
@inlinable public func scale(_ hash: UInt64, _ bound: UInt64) -> UInt64 { ((hash &>> 32) &* bound) &>> 32 }

/// Seeded source of hash draws for one purpose.
@frozen public struct HashRandom: Sendable, BitwiseCopyable {
  @usableFromInline let key: UInt64

  @inlinable public init(seed: UInt64, _ purpose: Purpose) {
    key = mix(mix(seed) ^ (purpose.rawValue &<< 48))
  }

  /// 64 bits for `a`.
  @inlinable public func bits(_ a: UInt64) -> UInt64 { mix(key ^ a) }
  /// 64 bits for the pair `(a, b)`.
  @inlinable public func bits(_ a: UInt64, _ b: UInt64) -> UInt64 { mix(mix(key ^ a) &+ b) }
  /// 64 bits for the triple `(a, b, c)`.
  @inlinable public func bits(_ a: UInt64, _ b: UInt64, _ c: UInt64) -> UInt64 {
    mix(mix(mix(key ^ a) &+ b) &+ c)
  }

  /// A generator for a short local sequence, for instance one node's choice at one heartbeat.
  @inlinable public func stream(_ a: UInt64, _ b: UInt64 = 0) -> RandomStream {
    RandomStream(seed: bits(a, b))
  }
}

/// SplitMix64 as a generator, for setting up (graphs, keys) and for short sequences derived from `HashRandom`.
@frozen public struct RandomStream: RandomNumberGenerator, Sendable, BitwiseCopyable {
  @usableFromInline var state: UInt64

  @inlinable public init(seed: UInt64) { state = seed }

  @inlinable public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return avalanche(state)
  }

  /// A number in `0 ..< bound`; `bound` below 2^32 and above zero.
  @inlinable public mutating func below(_ bound: Int) -> Int {
    Int(truncatingIfNeeded: scale(next(), UInt64(truncatingIfNeeded: bound)))
  }

  /// A number in `[0, 1)` with 53 random bits: exact, the same on every machine.
  @inlinable public mutating func unit() -> Double { Double(next() &>> 11) * 0x1p-53 }

  /// Fisher-Yates from the end; the standard library's order of draws is not promised across versions.
  @inlinable public mutating func shuffle<T>(_ items: inout [T]) {
    var i = items.count - 1
    while i > 0 {
      items.swapAt(i, below(i + 1))
      i -= 1
    }
  }
}

/// The unit interval from 64 hash bits: `[0, 1)`, 53 bits.
@inlinable public func unit(_ hash: UInt64) -> Double { Double(hash &>> 11) * 0x1p-53 }
