import Basics
import Foundation
import Testing

/// The C library is the oracle for accuracy, and only for that.
@Suite struct PortableMathTests {
  /// Steps of the last place of `b` between `a` and `b`.
  private func ulps(_ a: Double, _ b: Double) -> Double { a == b ? 0 : (a - b).magnitude / b.ulp }

  @Test func exponentialAgreesWithTheLibrary() {
    var worst = 0.0
    for k in -7000...7000 {
      worst = max(worst, ulps(PortableMath.exp(Double(k) * 0.1), Foundation.exp(Double(k) * 0.1)))
    }
    for k in -2000...2000 {
      worst = max(worst, ulps(PortableMath.exp(Double(k) * 1e-3), Foundation.exp(Double(k) * 1e-3)))
    }
    #expect(worst <= 4, "\(worst) units in the last place")
    #expect(PortableMath.exp(0) == 1)
    #expect(PortableMath.exp(1000) == .infinity)
    #expect(PortableMath.exp(-1000) == 0)
    #expect(PortableMath.exp(-745) > 0)
    #expect(PortableMath.exp(.nan).isNaN)
  }

  @Test func logarithmAgreesWithTheLibrary() {
    var worst = 0.0
    var random = RandomStream(seed: 3)
    for _ in 0..<20_000 {
      let x = Double(bitPattern: random.next() >> 1)
      if !x.isFinite || x == 0 { continue }
      worst = max(worst, ulps(PortableMath.log(x), Foundation.log(x)))
    }
    #expect(worst <= 4, "\(worst) units in the last place")
    for k in 1...4000 {
      let x = Double(k) * 5e-4
      #expect(
        (PortableMath.log(x) - Foundation.log(x)).magnitude <= 4e-16 * max(1, Foundation.log(x).magnitude))
    }
    #expect(PortableMath.log(0) == -.infinity)
    #expect(PortableMath.log(-1).isNaN)
    #expect(PortableMath.log(1) == 0)
  }

  @Test func powerAgreesWithTheLibrary() {
    for x in [0.001, 0.5, 1.5, 40, 1e6] {
      for y in [-3.0, -0.4, 0.3, 1, 2.5] {
        #expect((PortableMath.pow(x, y) / Foundation.pow(x, y) - 1).magnitude < 1e-13)
      }
    }
  }

  @Test func quantileIsTheInverseOfTheNormalDistribution() {
    for k in 1..<2000 {
      let p = Double(k) / 2000
      let z = PortableMath.normalQuantile(p)
      #expect((0.5 * erfc(-z / 2.0.squareRoot()) - p).magnitude < 1e-14)
    }
    for exponent in 2...15 {
      let p = Foundation.pow(10, -Double(exponent))
      let z = PortableMath.normalQuantile(p)
      #expect((0.5 * erfc(-z / 2.0.squareRoot()) / p - 1).magnitude < 1e-11)
      // Symmetric as far as 1 - p is exact.
      if exponent < 4 { #expect((PortableMath.normalQuantile(1 - p) + z).magnitude < 1e-12) }
    }
    #expect(PortableMath.normalQuantile(0.5) == 0)
  }

  /// The bits themselves are promised: another processor, optimiser or library must give this number.
  @Test func bitsAreTheSameEverywhere() {
    var sum: UInt64 = 0
    var random = RandomStream(seed: 11)
    for _ in 0..<5000 {
      let u = random.unit() + 0x1p-54
      for value in [
        PortableMath.exp(40 * u - 20), PortableMath.log(u), PortableMath.pow(u, -0.7),
        PortableMath.normalQuantile(u),
      ] { sum = mix(sum &+ value.bitPattern) }
    }
    #expect(sum == 8_948_350_515_297_068_231)
  }
}
