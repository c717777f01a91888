// The groups and the pairing by their laws; points that are none; hashing to a point.

import BN254
import Basics
import Testing

private func scalar(_ seed: UInt64, _ index: UInt64) -> Word256 {
  let random = HashRandom(seed: seed, .keys)
  return Word256(
    random.bits(index, 0), random.bits(index, 1), random.bits(index, 2), random.bits(index, 3)
  ).reducedToScalar
}

@Suite("Groups and pairing") struct GroupTests {
  @Test("multiples add up in both groups", arguments: UInt64(0)..<3) func multiples(seed: UInt64) {
    let a = scalar(seed, 0)
    let p = G1.generator.multiplied(by: a)
    let q = G2.generator.multiplied(by: a)
    #expect(p + p + p == p.multiplied(by: Word256(3)) && G1.sum([p, p, p]) == p + (p + p))
    #expect(q + q + q == q.multiplied(by: Word256(3)) && G2.sum([q, q, q]) == q + (q + q))
    #expect((p + -p).isInfinity && (q + -q).isInfinity)
    #expect(p.multiplied(by: groupOrder).isInfinity && q.multiplied(by: groupOrder).isInfinity)
    #expect(p + .infinity == p && .infinity + q == q && p.multiplied(by: .zero) == .infinity)
    #expect(throws: Never.self) { try G2(x: q.x, y: q.y) }
  }

  @Test("the pairing is bilinear and not degenerate", arguments: UInt64(0)..<3) func bilinear(seed: UInt64) {
    let (a, b) = (scalar(seed, 0), scalar(seed, 1))
    let (p, q) = (G1.generator, G2.generator)
    let aP = p.multiplied(by: a)
    let bQ = q.multiplied(by: b)
    // e(aP, bQ) = e(bP, aQ), and = e(abP, Q).
    #expect(pairingProductIsOne([(aP, bQ), (-p.multiplied(by: b), q.multiplied(by: a))]))
    #expect(pairingProductIsOne([(aP, bQ), (-aP.multiplied(by: b), q)]))
    #expect(pairingProductIsOne([(aP, bQ), (aP, -bQ)]))
    #expect(!pairingProductIsOne([(aP, bQ)]))
    #expect(!pairingProductIsOne([(aP, bQ), (-aP, bQ + q)]))
    #expect(pairingProductIsOne([]) && pairingProductIsOne([(.infinity, bQ), (aP, .infinity)]))
  }

  @Test("coordinates that are no point are refused") func refused() throws {
    #expect(throws: PointError.notOnCurve) { try G1(x: Word256(1), y: Word256(3)) }
    let prime = Word256(
      decimal: "21888242871839275222246405745257275088696311157297823662689037894645226208583")!
    #expect(throws: PointError.coordinateTooLarge(prime)) { try G1(x: prime, y: Word256(2)) }
    let q = G2.generator
    #expect(throws: PointError.notOnCurve) { try G2(x: q.y, y: q.x) }
    // On the twist, of another order: the abscissa 1 + 2 i.
    #expect(throws: PointError.notInSubgroup) {
      try G2(
        x: G2.Coordinate(c0: Word256(1), c1: Word256(2)),
        y: G2.Coordinate(
          c0: Word256(
            decimal: "2318417032921752773706234968143028537016473046724237753379416958334661833740")!,
          c1: Word256(
            decimal: "12286822439340662745461952989251194370289180628671678316022104244014550321766")!))
    }
  }

  @Test("a digest is hashed to a point of the curve, the same each time", arguments: UInt64(0)..<8)
  func hashing(seed: UInt64) throws {
    let random = HashRandom(seed: seed, .keys)
    let digest = Word256(random.bits(1), random.bits(2), random.bits(3), random.bits(4))
    let point = G1(hashing: digest)
    #expect(try G1(x: point.x, y: point.y) == point && !point.isInfinity)
    #expect(G1(hashing: digest) == point)
    #expect(point.multiplied(by: groupOrder).isInfinity)
  }
}
