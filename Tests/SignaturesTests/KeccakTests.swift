import Basics
import Signatures
import Testing

@Suite struct KeccakTests {
  /// The empty string, "abc" and a text longer than one block: vectors of the Keccak team's reference and of
  /// Ethereum's yellow paper.
  @Test(arguments: [
    ("", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"),
    ("abc", "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"),
    (
      "The quick brown fox jumps over the lazy dog",
      "4d741b6f1eb29cb2a9b9911c82f56fa8d73b04959d3d9d222895df6c0b28aa15"
    ),
  ])
  func agreesWithThePublishedVectors(text: String, expected: String) {
    #expect(hex(keccak256(text.utf8).bytes) == expected)
  }

  @Test func blocksOfEveryLengthAroundTheRateDiffer() {
    var seen: Set<Hash256> = []
    for length in 130...140 { seen.insert(keccak256([UInt8](repeating: 7, count: length))) }
    #expect(seen.count == 11)
  }

  private func hex(_ bytes: [UInt8]) -> String {
    bytes.map { String(UInt16($0) + 256, radix: 16).dropFirst() }.joined()
  }
}
