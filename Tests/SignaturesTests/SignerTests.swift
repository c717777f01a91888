// What a signature proves, in every scheme that can be computed here, and in the model of each.

import BN254
import Basics
import Signatures
import Testing

@Suite struct SignerTests {
  @Test(arguments: SignatureScheme.allCases, [SignatureMode.modelled, .real])
  func onlyTheSignersSignatureOverTheSameDigestIsValid(scheme: SignatureScheme, mode: SignatureMode) throws {
    if mode == .real, !Signer.isAvailable(scheme) { return }
    let signer = try Signer(scheme: scheme, mode: mode, seed: 3, nodes: 2)
    let digest = keccak256("a result".utf8)
    let signature = signer.sign(digest, by: NodeID(0 as UInt32))
    #expect(signer.isValid(signature, of: digest, by: NodeID(0 as UInt32)))
    #expect(!signer.isValid(signature, of: digest, by: NodeID(1 as UInt32)))
    #expect(!signer.isValid(signature, of: keccak256("another".utf8), by: NodeID(0 as UInt32)))
    #expect(!signer.isValid(.zero, of: digest, by: NodeID(0 as UInt32)))
    var broken = signature
    broken.words[3] ^= 1
    #expect(!signer.isValid(broken, of: digest, by: NodeID(0 as UInt32)))
    let again = try Signer(scheme: scheme, mode: mode, seed: 3, nodes: 2)
    #expect(again.sign(digest, by: NodeID(0 as UInt32)) == signature)
    let other = try Signer(scheme: scheme, mode: mode, seed: 4, nodes: 1)
    #expect(other.sign(digest, by: NodeID(0 as UInt32)) != signature)
  }

  @Test(arguments: SignatureScheme.allCases) func nothingBeyondTheWireSizeIsSet(scheme: SignatureScheme)
    throws
  {
    guard Signer.isAvailable(scheme) else { return }
    let signer = try Signer(scheme: scheme, mode: .real, seed: 9, nodes: 1)
    let bytes = signer.sign(keccak256("x".utf8), by: NodeID(0 as UInt32)).bytes(96)
    #expect(bytes.dropFirst(scheme.signatureBytes).allSatisfy { $0 == 0 })
  }

  @Test func aRealSchemeWithoutALibraryIsRefusedWithAReason() {
    for scheme in SignatureScheme.allCases where !Signer.isAvailable(scheme) {
      #expect(throws: SchemeUnavailable(scheme: scheme)) {
        try Signer(scheme: scheme, mode: .real, seed: 1, nodes: 1)
      }
    }
    #expect(SchemeUnavailable(scheme: .ecdsaSecp256k1).description.contains("libsecp256k1-dev"))
    #expect(SchemeUnavailable(scheme: .bls12381).description.contains("scripts/install-blst"))
  }

  @Test func aSumOfSignaturesIsThatOfTheSumOfKeys() throws {
    let pairs = [5, 6, 7].compactMap { BN254KeyPair(secret: Word256($0)) }
    let digest = keccak256("agreed".utf8)
    let sum = G1.sum(pairs.map { $0.sign(digest) })
    #expect(BN254KeyPair.isValid(sum, of: digest, by: G2.sum(pairs.map(\.publicKeyG2))))
    #expect(!BN254KeyPair.isValid(sum, of: digest, by: G2.sum(pairs.dropLast().map(\.publicKeyG2))))
    #expect(!BN254KeyPair.isValid(.infinity, of: digest, by: .infinity))
    #expect(BN254KeyPair(secret: .zero) == nil && BN254KeyPair(secret: groupOrder) == nil)
  }
}
