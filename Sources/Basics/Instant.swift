// Time of a run: unsigned nanoseconds since its start. Virtual in the simulator, monotonic in the cluster.
// No code below the drivers reads a clock: instants come with the input.

/// A moment, in nanoseconds since the start of the run.
@frozen public struct Instant: Hashable, Comparable, Sendable, BitwiseCopyable {
  public var nanoseconds: UInt64
  @inlinable public init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

  public static let zero = Instant(nanoseconds: 0)
  /// Later than anything that happens.
  public static let never = Instant(nanoseconds: .max)

  @inlinable public var seconds: Double { Double(nanoseconds) / 1e9 }

  @inlinable public static func < (a: Self, b: Self) -> Bool { a.nanoseconds < b.nanoseconds }
  /// Saturates at `never`: no run reaches 584 years.
  @inlinable public static func + (a: Self, b: TimeSpan) -> Self {
    let (sum, overflow) = a.nanoseconds.addingReportingOverflow(b.nanoseconds)
    return Instant(nanoseconds: overflow ? .max : sum)
  }
  @inlinable public static func += (a: inout Self, b: TimeSpan) { a = a + b }
  /// The span from `b` to `a`; zero when `b` is later.
  @inlinable public static func - (a: Self, b: Self) -> TimeSpan {
    TimeSpan(nanoseconds: a.nanoseconds > b.nanoseconds ? a.nanoseconds &- b.nanoseconds : 0)
  }
}

/// A length of time, in nanoseconds; never negative.
@frozen public struct TimeSpan: Hashable, Comparable, Sendable, BitwiseCopyable {
  public var nanoseconds: UInt64
  @inlinable public init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

  public static let zero = TimeSpan(nanoseconds: 0)
  public static let forever = TimeSpan(nanoseconds: .max)

  @inlinable public static func microseconds(_ n: UInt64) -> Self { Self(nanoseconds: n &* 1_000) }
  @inlinable public static func milliseconds(_ n: UInt64) -> Self { Self(nanoseconds: n &* 1_000_000) }
  @inlinable public static func seconds(_ n: UInt64) -> Self { Self(nanoseconds: n &* 1_000_000_000) }

  @inlinable public var seconds: Double { Double(nanoseconds) / 1e9 }
  @inlinable public var milliseconds: Double { Double(nanoseconds) / 1e6 }

  @inlinable public static func < (a: Self, b: Self) -> Bool { a.nanoseconds < b.nanoseconds }
  @inlinable public static func + (a: Self, b: Self) -> Self {
    let (sum, overflow) = a.nanoseconds.addingReportingOverflow(b.nanoseconds)
    return Self(nanoseconds: overflow ? .max : sum)
  }
  @inlinable public static func * (a: Self, n: UInt64) -> Self {
    let (product, overflow) = a.nanoseconds.multipliedReportingOverflow(by: n)
    return Self(nanoseconds: overflow ? .max : product)
  }
}

extension TimeSpan: CustomStringConvertible {
  /// The shortest exact form that scenario files read back: `250ms`, `12s`, `14d`.
  public var description: String {
    let units: [(String, UInt64)] = [
      ("d", 86_400_000_000_000), ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000),
      ("ms", 1_000_000), ("us", 1_000),
    ]
    for (name, size) in units where nanoseconds >= size && nanoseconds % size == 0 {
      return "\(nanoseconds / size)\(name)"
    }
    return nanoseconds == 0 ? "0s" : "\(nanoseconds)ns"
  }
}

extension Instant: CustomStringConvertible {
  public var description: String { TimeSpan(nanoseconds: nanoseconds).description }
}
