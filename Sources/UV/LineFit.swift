// A straight line through many points, of which only sums are kept.

/// Least squares: y = intercept + slope x.
public struct LineFit: Sendable, Equatable {
  public private(set) var count = 0.0
  private var x = 0.0
  private var y = 0.0
  private var xx = 0.0
  private var xy = 0.0

  public init() {}

  public mutating func add(_ x: Double, _ y: Double) {
    count += 1
    self.x += x
    self.y += y
    xx += x * x
    xy += x * y
  }

  /// Nil while all points have the same `x`. An intercept below zero is taken for zero: the line then goes through the
  /// origin and the points' mean, so that the sum of all `y` is told exactly in both cases.
  public var line: (intercept: Double, slope: Double)? {
    let spread = count * xx - x * x
    guard count > 1, spread > 0 else { return nil }
    let slope = (count * xy - x * y) / spread
    let intercept = (y - slope * x) / count
    if intercept < 0 { return (0, y / x) }
    if slope < 0 { return (y / count, 0) }
    return (intercept, slope)
  }
}
