// The calculation's numbers: by PostgreSQL's own results, and the fast representation against the faithful one.

import Basics
import BigInt
import Testing

@testable import Contracts

@Suite("Quotients are PostgreSQL's")
struct PostgresNumericTests {
  private func number(_ text: String) -> PostgresNumeric {
    let parts = text.split(separator: ".")
    let decimals = parts.count > 1 ? parts[1] : ""
    return PostgresNumeric(digits: BigUInt(String(parts[0] + decimals)) ?? 0, scale: decimals.count)
  }

  /// `select 1 / 3::numeric` and so on.
  @Test(
    "division",
    arguments: [
      ("1", "3", "0.33333333333333333333"), ("2", "3", "0.66666666666666666667"),
      ("10", "3", "3.3333333333333333"), ("10000", "3", "3333.3333333333333333"),
      ("20000", "3", "6666.6666666666666667"), ("100000000", "3", "33333333.333333333333"),
      ("1", "7000", "0.00014285714285714286"), ("7", "1", "7.0000000000000000"),
      ("100000000000000000000", "3", "33333333333333333333"),
      ("200000000000000000000", "3", "66666666666666666667"),
      ("1.50", "0.5", "3.0000000000000000"), ("0", "5", "0.00000000000000000000"),
    ]) func division(a: String, b: String, quotient: String)
  {
    #expect(number(a) / number(b) == number(quotient))
  }

  @Test("floors of quotients of integers", arguments: Array(0..<50) as [UInt64]) func floors(seed: UInt64) {
    var random = RandomStream(seed: seed)
    for _ in 0..<40 {
      let a = draw(&random, 127)
      let b = draw(&random, 1 + random.below(100))
      let exact = (PostgresNumeric(a) / PostgresNumeric(b)).rounded(.sqlFloor)
      #expect(postgresFloor(a, dividedBy: b) == UInt128(exact), "\(a) / \(b)")
    }
    // Where halves begin to count as wholes.
    for a in [199_999_999_999_999_999_999, 200_000_000_000_000_005_000, 123_456_789_012_345_678_905_000]
      as [UInt128]
    {
      #expect(
        RewardCalculation.cut(a, 1) == UInt128((PostgresNumeric(a) / 10_000).rounded(.sqlFloor)), "\(a)")
    }
  }

  private func draw(_ random: inout RandomStream, _ bits: Int) -> UInt128 {
    let value = UInt128(random.next()) << 64 | UInt128(random.next())
    return max(value >> UInt128(128 - bits), 1)
  }

  /// Weights of all sizes: sums, proportions and parts are the same in 256 bits as in decimals.
  @Test("256 bits say what decimals say", arguments: Array(0..<60) as [UInt64]) func wide(seed: UInt64) {
    var random = RandomStream(seed: seed)
    let allocated = AllocatedShare(
      magnitude: UInt64(draw(&random, 1 + random.below(60))),
      maximum: UInt64(draw(&random, 1 + random.below(60))))
    var wide: [WideWeight] = []
    var exact: [PostgresNumeric] = []
    var (total, sum) = (WideWeight.zero, PostgresNumeric.zero)
    for _ in 0..<1 + random.below(6) {
      var (one, other) = (WideWeight.zero, PostgresNumeric.zero)
      let bits = 1 + random.below(100)
      for _ in 0..<1 + random.below(3) {
        let (shares, multiplier) = (draw(&random, bits), draw(&random, 1 + random.below(90)))
        if seed % 2 == 0 {
          guard one.add(shares, multiplier: multiplier) else { return }
          _ = other.add(shares, multiplier: multiplier)
        } else {
          guard one.add(shares, allocated, multiplier: multiplier) else { return }
          _ = other.add(shares, allocated, multiplier: multiplier)
        }
      }
      wide.append(one)
      exact.append(other)
      guard total.add(one) else { return }
      _ = sum.add(other)
    }
    let pool = draw(&random, 1 + random.below(100))
    for (one, other) in zip(wide, exact) {
      #expect(PostgresNumeric(digits: one.digits.big, scale: one.scale) == other)
      #expect(one.proportion(of: total) == other.proportion(of: sum))
      #expect(one.part(of: pool, total: total) == other.part(of: pool, total: sum))
    }
  }

  @Test("equal parts, and parts of nearly everything") func edges() {
    func weight(_ shares: UInt128) -> WideWeight {
      var weight = WideWeight.zero
      _ = weight.add(shares, multiplier: 1)
      return weight
    }
    #expect(weight(1).proportion(of: weight(3)) == 333_333_333_333_333)
    #expect(weight(2).proportion(of: weight(4)) == 500_000_000_000_000)
    #expect(weight(5).proportion(of: weight(5)) == 1_000_000_000_000_000)
    let large: UInt128 = 100_000_000_000_000_000_000_000_000_000_000_000_000
    // One part in 10^38 less than all rounds to all: SQL's quotient has 20 decimals.
    #expect(weight(large - 1).proportion(of: weight(large)) == 1_000_000_000_000_000)
    #expect(weight(1).proportion(of: weight(large)) == 0)
  }
}

@Suite("Words of 256 bits")
struct UInt256Tests {
  @Test("arithmetic is that of big integers", arguments: Array(0..<40) as [UInt64]) func arithmetic(
    seed: UInt64
  ) throws {
    var random = RandomStream(seed: seed)
    func wide() -> UInt128 {
      (UInt128(random.next()) << 64 | UInt128(random.next())) >> UInt128(random.below(128))
    }
    for _ in 0..<50 {
      let (a, b, c) = (wide(), wide(), wide())
      let product = UInt256(a, times: b)
      #expect(product.big == BigUInt(a) * BigUInt(b))
      #expect(UInt256(exactly: product.big) == product)
      #expect(product.description == String(BigUInt(a) * BigUInt(b)))
      let (sum, overflow) = product.addingReportingOverflow(UInt256(high: c, a))
      let total = product.big + (BigUInt(c) << 128 | BigUInt(a))
      #expect(overflow == (total >= .wordLimit) && sum.big == total % .wordLimit)
      let (scaled, over) = product.multipliedReportingOverflow(by: c)
      #expect(over == (product.big * BigUInt(c) >= .wordLimit))
      #expect(over || scaled.big == product.big * BigUInt(c))
      if c > 0 {
        let (quotient, remainder) = product.dividedBy(c)
        #expect(quotient.big == product.big / BigUInt(c) && BigUInt(remainder) == product.big % BigUInt(c))
        for place in [Rounding.slashedMagnitude, .scaledShares] {
          let expected =
            (product.big * BigUInt(a) + (place == .scaledShares ? 0 : BigUInt(c) - 1)) / BigUInt(c)
          #expect(mulDiv(product, a, c, place)?.big == (expected < .wordLimit ? expected : nil))
        }
      }
      let shift = random.below(256)
      #expect((product >> shift).big == product.big >> shift)
    }
  }
}
