// Latencies by the million: counters in log-spaced buckets. No sample is kept, and merging is addition.

/// Counts of unsigned values in buckets whose width is at most 1/32 of their lower bound (relative error of a
/// percentile below 1.6 % when the bucket's middle is reported). Exact below 32; exact maximum and count.
///
/// Shape: HdrHistogram's, with 5 significant bits. Cost: one increment a value; 1,920 counters.
public struct Histogram: Sendable, Equatable, Codable {
  @usableFromInline static let subBits: UInt64 = 5
  public private(set) var buckets: [UInt64]
  public private(set) var count: UInt64 = 0
  public private(set) var maximum: UInt64 = 0
  public private(set) var minimum: UInt64 = .max

  public init() { buckets = Array(repeating: 0, count: Self.index(.max) + 1) }

  /// The bucket of `value`.
  @inlinable public static func index(_ value: UInt64) -> Int {
    if value < 32 { return Int(value) }
    let exponent = 63 &- UInt64(value.leadingZeroBitCount)
    let sub = (value &>> (exponent &- subBits)) & 31
    return Int((exponent &- 4) &* 32 &+ sub)
  }

  /// The smallest value of bucket `index`.
  public static func lowerBound(_ index: Int) -> UInt64 {
    if index < 32 { return UInt64(index) }
    let exponent = UInt64(index / 32) + 4
    return (32 + UInt64(index % 32)) << (exponent - subBits)
  }

  /// How many values bucket `index` stands for.
  public static func width(_ index: Int) -> UInt64 { index < 32 ? 1 : 1 << (UInt64(index / 32) - 1) }

  public mutating func record(_ value: UInt64, times: UInt64 = 1) {
    buckets[Self.index(value)] &+= times
    count &+= times
    if value > maximum { maximum = value }
    if value < minimum { minimum = value }
  }

  public mutating func merge(_ other: Histogram) {
    for k in buckets.indices { buckets[k] += other.buckets[k] }
    count += other.count
    maximum = max(maximum, other.maximum)
    minimum = min(minimum, other.minimum)
  }

  /// The nearest-rank percentile (`share` in 0 ... 1), as the middle of its bucket, never above the maximum.
  /// Nil when nothing was recorded.
  public func percentile(_ share: Double) -> UInt64? {
    guard count > 0 else { return nil }
    let exact = share * Double(count)
    let floor = UInt64(exact)
    let rank = max(1, Double(floor) < exact ? floor + 1 : floor)
    var seen: UInt64 = 0
    for (k, n) in buckets.enumerated() {
      seen += n
      if seen >= rank { return min(max(Self.lowerBound(k) + Self.width(k) / 2, minimum), maximum) }
    }
    return maximum
  }
}
