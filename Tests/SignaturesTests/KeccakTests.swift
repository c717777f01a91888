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

@Suite struct SignerTests {
  @Test(arguments: [SignatureMode.modelled, .real])
  func onlyTheSignersSignatureOverTheSameDigestIsValid(mode: SignatureMode) throws {
    if mode == .real, !Signer.isAvailable(.ecdsaSecp256k1) { return }
    let signer = try Signer(scheme: .ecdsaSecp256k1, mode: mode, seed: 3, nodes: 2)
    let digest = keccak256("a result".utf8)
    let signature = signer.sign(digest, by: NodeID(0 as UInt32))
    #expect(signer.isValid(signature, of: digest, by: NodeID(0 as UInt32)))
    #expect(!signer.isValid(signature, of: digest, by: NodeID(1 as UInt32)))
    #expect(!signer.isValid(signature, of: keccak256("another".utf8), by: NodeID(0 as UInt32)))
    #expect(!signer.isValid(.zero, of: digest, by: NodeID(0 as UInt32)))
    let again = try Signer(scheme: .ecdsaSecp256k1, mode: mode, seed: 3, nodes: 2)
    #expect(again.sign(digest, by: NodeID(0 as UInt32)) == signature)
  }

  @Test func aRealSchemeWithoutALibraryIsRefusedWithAReason() {
    #expect(throws: SchemeUnavailable(scheme: .bn254)) {
      try Signer(scheme: .bn254, mode: .real, seed: 1, nodes: 1)
    }
    #expect(SchemeUnavailable(scheme: .ecdsaSecp256k1).description.contains("libsecp256k1-dev"))
  }
}
