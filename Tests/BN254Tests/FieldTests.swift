// The tower of fields: laws that hold for every element, and the published constants.

import Basics
import Testing

@testable import BN254

private func words(_ random: HashRandom, _ index: UInt64) -> Word256 {
  Word256(random.bits(index, 0), random.bits(index, 1), random.bits(index, 2), random.bits(index, 3))
}

private func element(_ seed: UInt64, _ index: UInt64) -> Fp {
  Fp(words(HashRandom(seed: seed, .keys), index).reduced(modulo: Fp.modulus))!
}
private func element2(_ seed: UInt64, _ index: UInt64) -> Fp2 {
  Fp2(element(seed, 2 * index), element(seed, 2 * index + 1))
}
private func element6(_ seed: UInt64, _ index: UInt64) -> Fp6 {
  Fp6(element2(seed, 3 * index), element2(seed, 3 * index + 1), element2(seed, 3 * index + 2))
}
private func element12(_ seed: UInt64, _ index: UInt64) -> Fp12 {
  Fp12(element6(seed, 2 * index), element6(seed, 2 * index + 1))
}

@Suite("The fields under the curve") struct FieldTests {
  @Test("decimal text and bytes are read and written", arguments: UInt64(0)..<4) func text(seed: UInt64) {
    let value = words(HashRandom(seed: seed, .keys), 0)
    #expect(Word256(decimal: value.description) == value)
    #expect(Word256(bytes: value.bytes) == value)
    let largest = "115792089237316195423570985008687907853269984665640564039457584007913129639935"
    #expect(Word256(decimal: largest)?.description == largest)
    #expect(Word256(decimal: String(largest.dropLast()) + "6") == nil)
    #expect(Word256(decimal: "") == nil && Word256(decimal: "1x") == nil)
    #expect(Word256(bytes: [1, 2]) == nil)
  }

  @Test("the primes are those of EIP-196") func primes() {
    #expect(
      Fp.modulus.description
        == "21888242871839275222246405745257275088696311157297823662689037894645226208583")
    #expect(
      groupOrder.description
        == "21888242871839275222246405745257275088548364400416034343698204186575808495617")
    #expect(Fp(Fp.modulus) == nil)
  }

  @Test("addition, multiplication and inverses obey the laws of a field", arguments: UInt64(0)..<8)
  func laws(seed: UInt64) {
    let (a, b, c) = (element(seed, 0), element(seed, 1), element(seed, 2))
    #expect(a * (b + c) == a * b + a * c)
    #expect((a * b) * c == a * (b * c))
    #expect(a - b == -(b - a) && a - a == .zero && -Fp.zero == .zero)
    #expect(a * a.inverse == .one)
    #expect(Fp(a.value) == a)
    #expect(a.raised(to: Fp.modulus) == a)
    let root = a.squared.squareRoot
    #expect(root == a || root == -a)
  }

  @Test("each extension is one, and Frobenius is raising to p", arguments: UInt64(0)..<2)
  func extensions(seed: UInt64) {
    let (a, b, c) = (element2(seed, 0), element2(seed, 1), element2(seed, 2))
    #expect(a * (b + c) == a * b + a * c && a.squared == a * a && a * a.inverse == .one)
    #expect(a.timesXi == a * Fp2.xi && a.raised(to: Fp.modulus) == a.conjugate)
    let (d, e, f) = (element6(seed, 0), element6(seed, 1), element6(seed, 2))
    #expect((d * e) * f == d * (e * f) && d * d.inverse == .one)
    #expect(d.times(a, b) == d * Fp6(a, b, .zero) && d.timesV == d * Fp6(.zero, .one, .zero))
    let (g, h) = (element12(seed, 0), element12(seed, 1))
    #expect(g * h == h * g && g.squared == g * g && g * g.inverse == .one)
    #expect(g.times(line: a, b, c) == g * Fp12(Fp6(a, .zero, .zero), Fp6(b, c, .zero)))
    var power = Fp12.one
    for k in (0..<Fp.modulus.bitWidth).reversed() {
      power = power.squared
      if Fp.modulus.bit(k) { power = power * g }
    }
    #expect(g.frobenius == power)
    var all = g
    for _ in 0..<6 { all = all.frobenius }
    #expect(all == g.conjugate)
  }

  @Test("squaring in the cyclotomic subgroup", arguments: UInt64(0)..<4) func cyclotomic(seed: UInt64) {
    let any = element12(seed, 0)
    let once = any.conjugate * any.inverse
    let member = once.frobenius.frobenius * once
    #expect(member.cyclotomicSquared == member.squared)
    #expect(member * member.conjugate == .one)
  }
}
