import Testing

@testable import UV

@Suite struct LineFitTests {
  @Test func aLineIsFoundAgain() throws {
    var fit = LineFit()
    #expect(fit.line == nil)
    fit.add(3, 11)
    fit.add(3, 11)
    #expect(fit.line == nil, "one place says nothing of a slope")
    for x in [1.0, 5, 9, 40] { fit.add(x, 5 + 2 * x) }
    let line = try #require(fit.line)
    #expect(abs(line.intercept - 5) < 1e-9)
    #expect(abs(line.slope - 2) < 1e-9)
  }

  /// Costs are never below zero, and what was spent is told to the last nanosecond.
  @Test(arguments: [[(1.0, 1.0), (2, 4), (10, 30)], [(1.0, 9.0), (2, 8), (3, 4)]])
  func neitherPartIsNegative(points: [(Double, Double)]) throws {
    var fit = LineFit()
    for (x, y) in points { fit.add(x, y) }
    let line = try #require(fit.line)
    #expect(line.intercept >= 0 && line.slope >= 0)
    let told = points.reduce(0) { $0 + line.intercept + line.slope * $1.0 }
    #expect(abs(told - points.reduce(0) { $0 + $1.1 }) < 1e-9)
  }
}
