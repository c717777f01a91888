import BigInt
import Exact
import Testing

@Suite("Exact fractions") struct RationalTests {
  @Test("text is read and written in lowest terms") func text() {
    #expect(Rational("6/8")?.description == "3/4")
    #expect(Rational("-6/3")?.description == "-2")
    #expect(Rational("1673646668.28466") == Rational(BigInt("167364666828466"), BigInt(100_000)))
    #expect(Rational("-0.5") == Rational(-1, 2))
    for bad in ["", "/", "1/0", "1/", "a", "1.2.3", "1e3", ".5", "1/2/3", " 1"] {
      #expect(Rational(bad) == nil)
    }
  }

  @Test("arithmetic is exact, floors go down") func arithmetic() {
    let third = Rational(1, 3)
    #expect(third + third + third == .one && third - third == .zero)
    #expect(third / Rational(2, 3) == Rational(1, 2) && third * 3 == 1)
    #expect(Rational(-7, 2).floor == -4 && Rational(7, 2).floor == 3 && Rational(-8, 2).floor == -4)
    #expect(Rational(1, 3) < Rational(34, 100) && Rational(-1, 3) > Rational(-1, 2))
    #expect(Rational(-1, 2).amount == nil && Rational(5, 2).amount == 2)
  }

  @Test("doubles of fractions with large terms") func doubles() {
    let large = BigInt(10).power(60)
    #expect(abs(Rational(large, 3 * large + 1).double - 1.0 / 3) < 1e-15)
    #expect(Rational(-3, 4).double == -0.75)
  }
}
