// BLS over BLS12-381, when blst is installed: published signatures, and sums of signatures and keys.

#if HAS_BLST
  import Signatures
  import Testing

  private func bytes(_ hexadecimal: String) -> [UInt8] {
    stride(from: 0, to: hexadecimal.count, by: 2).compactMap {
      UInt8(hexadecimal.dropFirst($0).prefix(2), radix: 16)
    }
  }

  @Suite struct BLS12381Tests {
    /// ethereum/bls12-381-tests, `sign`.
    @Test(arguments: [
      (
        "263dbd792f5b1be47ed85f8938c0f29586af0d3ac7b977f21c278fe1462040e3",
        String(repeating: "00", count: 32),
        "b6ed936746e01f8ecf281f020953fbf1f01debd5657c4a383940b020b26507f6076334f91e2366c96e9ab279fb5158090352ea1c5b0c9274504f4f0e7053af24802e51e4568d164fe986834f41e55c8e850ce1f98458c0cfc9ab380b55285a55"
      ),
      (
        "263dbd792f5b1be47ed85f8938c0f29586af0d3ac7b977f21c278fe1462040e3",
        String(repeating: "56", count: 32),
        "882730e5d03f6b42c3abc26d3372625034e1d871b65a8a6b900a56dae22da98abbe1b68f85e49fe7652a55ec3d0591c20767677e33e5cbb1207315c41a9ac03be39c2e7668edc043d6cb1d9fd93033caa8a1c5b0e84bedaeb6c64972503a43eb"
      ),
    ])
    func agreesWithThePublishedSignatures(secret: String, message: String, signature: String) throws {
      let pair = try #require(BLS12381KeyPair(secret: bytes(secret)))
      #expect(pair.sign(bytes(message)) == bytes(signature))
      #expect(BLS12381KeyPair.isValid(bytes(signature), of: bytes(message), by: pair.publicKey))
    }

    @Test func aSumOfSignaturesIsThatOfAllKeys() throws {
      let pairs = (1...5).compactMap { BLS12381KeyPair(material: [UInt8](repeating: UInt8($0), count: 32)) }
      let message = Array("agreed".utf8)
      let sum = try #require(BLS12381KeyPair.aggregate(pairs.map { $0.sign(message) }))
      let keys = pairs.map(\.publicKey)
      #expect(BLS12381KeyPair.isValid(sum, of: message, byAll: keys))
      #expect(!BLS12381KeyPair.isValid(sum, of: message, byAll: Array(keys.dropLast())))
      #expect(!BLS12381KeyPair.isValid(sum, of: [1], byAll: keys))
      #expect(!BLS12381KeyPair.isValid(sum, of: message, byAll: []))
      #expect(BLS12381KeyPair.aggregate([]) == nil && BLS12381KeyPair.aggregate([[1, 2]]) == nil)
    }

    @Test func whatIsNoKeyIsRefused() throws {
      let pair = try #require(BLS12381KeyPair(material: [UInt8](repeating: 7, count: 32)))
      #expect(BLS12381PublicKey(bytes: pair.publicKey.bytes)?.bytes == pair.publicKey.bytes)
      #expect(BLS12381PublicKey(bytes: [UInt8](repeating: 0, count: 48)) == nil)
      #expect(BLS12381PublicKey(bytes: [0xc0] + [UInt8](repeating: 0, count: 47)) == nil)
      #expect(BLS12381KeyPair(secret: [UInt8](repeating: 0, count: 32)) == nil)
      #expect(BLS12381KeyPair(secret: [UInt8](repeating: 255, count: 32)) == nil)
      #expect(BLS12381KeyPair(material: [1]) == nil)
    }
  }
#endif
