// The groups and the pairing against the published vectors of the precompiles of EIP-196 and EIP-197.

import BN254
import Foundation
import Testing

private struct Vectors: Decodable {
  struct One: Decodable, Sendable, CustomTestStringConvertible {
    var name, input, expected: String
    var testDescription: String { name }
  }
  var addition, multiplication, pairing: [One]

  static let all: Vectors = {
    guard
      let url = Bundle.module.url(forResource: "precompiles", withExtension: "json", subdirectory: "Vectors"),
      let data = try? Data(contentsOf: url), let vectors = try? JSONDecoder().decode(Vectors.self, from: data)
    else { preconditionFailure("Vectors/precompiles.json is part of this test target") }
    return vectors
  }()
}

/// The big-endian words of hexadecimal text; what is missing reads as zero.
private func words(_ text: String, atLeast count: Int) -> [Word256] {
  var bytes: [UInt8] = []
  var rest = text[...]
  while let byte = UInt8(rest.prefix(2), radix: 16) {
    bytes.append(byte)
    rest = rest.dropFirst(2)
  }
  while bytes.count < count * 32 || bytes.count % 32 != 0 { bytes.append(0) }
  return stride(from: 0, to: bytes.count, by: 32).map { Word256(bytes: bytes[$0..<$0 + 32])! }
}

/// Imaginary parts come first on the wire.
private func pair(_ w: ArraySlice<Word256>) throws -> (G1, G2) {
  let k = w.startIndex
  return (
    try G1(x: w[k], y: w[k + 1]),
    try G2(
      x: G2.Coordinate(c0: w[k + 3], c1: w[k + 2]), y: G2.Coordinate(c0: w[k + 5], c1: w[k + 4]))
  )
}

@Suite("Published vectors of the precompiles") struct PrecompileTests {
  @Test("the vectors are all here") func complete() {
    #expect(Vectors.all.addition.count == 16)
    #expect(Vectors.all.multiplication.count == 19)
    #expect(Vectors.all.pairing.count == 14)
  }

  @Test("EIP-196 addition", arguments: Vectors.all.addition) fileprivate func addition(_ one: Vectors.One)
    throws
  {
    let w = words(one.input, atLeast: 4)
    let sum = try G1(x: w[0], y: w[1]) + G1(x: w[2], y: w[3])
    #expect([sum.x, sum.y] == words(one.expected, atLeast: 2))
  }

  @Test("EIP-196 multiplication", arguments: Vectors.all.multiplication)
  fileprivate func multiplication(_ one: Vectors.One) throws {
    let w = words(one.input, atLeast: 3)
    let product = try G1(x: w[0], y: w[1]).multiplied(by: w[2])
    #expect([product.x, product.y] == words(one.expected, atLeast: 2))
  }

  @Test("EIP-197 pairing", arguments: Vectors.all.pairing) fileprivate func pairing(_ one: Vectors.One) throws
  {
    let w = words(one.input, atLeast: 0)
    let pairs = try stride(from: 0, to: w.count, by: 6).map { try pair(w[$0..<$0 + 6]) }
    #expect(pairingProductIsOne(pairs) == (words(one.expected, atLeast: 1)[0] == Word256(1)))
  }
}
