// Keccak-256 as Ethereum uses it: the original padding (0x01), not FIPS 202's SHA3-256. Our own, since a large library
// for one function is not worth a dependency; tested with published vectors.
//
// Source: "The Keccak reference", G. Bertoni et al., version 3.0; rate 1088, capacity 512.

/// 32 bytes of hash, as four words whose big-endian bytes are the hash.
@frozen public struct Hash256: Hashable, Sendable, BitwiseCopyable {
  public var w0, w1, w2, w3: UInt64
  @inlinable public init(_ w0: UInt64, _ w1: UInt64, _ w2: UInt64, _ w3: UInt64) {
    self.w0 = w0
    self.w1 = w1
    self.w2 = w2
    self.w3 = w3
  }
  public static let zero = Hash256(0, 0, 0, 0)

  /// The 32 bytes.
  public var bytes: [UInt8] {
    [w0, w1, w2, w3].flatMap { word in
      (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * UInt64($0))) }
    }
  }
  /// From 32 bytes; nil for another length.
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == 32 else { return nil }
    var words: [UInt64] = [0, 0, 0, 0]
    for (k, byte) in bytes.enumerated() { words[k / 8] = words[k / 8] << 8 | UInt64(byte) }
    self.init(words[0], words[1], words[2], words[3])
  }
}

/// The Keccak-256 hash of `bytes`.
public func keccak256(_ bytes: some Sequence<UInt8>) -> Hash256 {
  var sponge = KeccakSponge()
  for byte in bytes { sponge.absorb(byte) }
  return sponge.squeeze()
}

/// The hash of 64 bytes, those of `left` and `right`: an inner node of a Merkle tree.
public func keccak256(_ left: Hash256, _ right: Hash256) -> Hash256 {
  var sponge = KeccakSponge()
  sponge.absorb(left)
  sponge.absorb(right)
  return sponge.squeeze()
}

/// The hash of `prefix`, then `words`. A word counts with all of its 32 bytes.
public func keccak256(prefix: [UInt8], _ words: Hash256...) -> Hash256 {
  var sponge = KeccakSponge()
  for byte in prefix { sponge.absorb(byte) }
  for word in words { sponge.absorb(word) }
  return sponge.squeeze()
}

private struct KeccakSponge {
  private static let rateBytes = 136
  private var lanes = InlineArray<25, UInt64>(repeating: 0)
  private var position = 0

  @inline(__always) mutating func absorb(_ byte: UInt8) {
    lanes[position &>> 3] ^= UInt64(byte) &<< UInt64(truncatingIfNeeded: (position & 7) &* 8)
    position &+= 1
    if position == Self.rateBytes { permute() }
  }

  @inline(__always) mutating func absorb(_ word: Hash256) {
    absorb(word.w0)
    absorb(word.w1)
    absorb(word.w2)
    absorb(word.w3)
  }

  /// Eight bytes, most significant first.
  private mutating func absorb(_ word: UInt64) {
    if position & 7 == 0 {
      lanes[position &>> 3] ^= word.byteSwapped
      position &+= 8
      if position == Self.rateBytes { permute() }
    } else {
      for shift in stride(from: 56 as UInt64, through: 0, by: -8) {
        absorb(UInt8(truncatingIfNeeded: word &>> shift))
      }
    }
  }

  mutating func squeeze() -> Hash256 {
    lanes[position &>> 3] ^= 0x01 &<< UInt64(truncatingIfNeeded: (position & 7) &* 8)
    lanes[16] ^= 0x8000_0000_0000_0000
    permute()
    return Hash256(lanes[0].byteSwapped, lanes[1].byteSwapped, lanes[2].byteSwapped, lanes[3].byteSwapped)
  }

  private static let roundConstants: InlineArray<24, UInt64> = [
    0x0000_0000_0000_0001, 0x0000_0000_0000_8082, 0x8000_0000_0000_808A, 0x8000_0000_8000_8000,
    0x0000_0000_0000_808B, 0x0000_0000_8000_0001, 0x8000_0000_8000_8081, 0x8000_0000_0000_8009,
    0x0000_0000_0000_008A, 0x0000_0000_0000_0088, 0x0000_0000_8000_8009, 0x0000_0000_8000_000A,
    0x0000_0000_8000_808B, 0x8000_0000_0000_008B, 0x8000_0000_0000_8089, 0x8000_0000_0000_8003,
    0x8000_0000_0000_8002, 0x8000_0000_0000_0080, 0x0000_0000_0000_800A, 0x8000_0000_8000_000A,
    0x8000_0000_8000_8081, 0x8000_0000_0000_8080, 0x0000_0000_8000_0001, 0x8000_0000_8000_8008,
  ]
  private mutating func permute() {
    position = 0
    var lanes = self.lanes
    defer { self.lanes = lanes }
    for round in 0..<24 {
      let c0 = lanes[0] ^ lanes[5] ^ lanes[10] ^ lanes[15] ^ lanes[20]
      let c1 = lanes[1] ^ lanes[6] ^ lanes[11] ^ lanes[16] ^ lanes[21]
      let c2 = lanes[2] ^ lanes[7] ^ lanes[12] ^ lanes[17] ^ lanes[22]
      let c3 = lanes[3] ^ lanes[8] ^ lanes[13] ^ lanes[18] ^ lanes[23]
      let c4 = lanes[4] ^ lanes[9] ^ lanes[14] ^ lanes[19] ^ lanes[24]
      let theta: InlineArray<5, UInt64> = [
        c4 ^ rotate(c1, 1), c0 ^ rotate(c2, 1), c1 ^ rotate(c3, 1), c2 ^ rotate(c4, 1), c3 ^ rotate(c0, 1),
      ]
      var row = 0
      while row < 25 {
        for x in 0..<5 { lanes[row &+ x] ^= theta[x] }
        row &+= 5
      }
      // Rho and pi in one walk: each lane takes its predecessor, rotated. Written out, since a table costs more.
      let first = lanes[1]
      lanes[1] = rotate(lanes[6], 44)
      lanes[6] = rotate(lanes[9], 20)
      lanes[9] = rotate(lanes[22], 61)
      lanes[22] = rotate(lanes[14], 39)
      lanes[14] = rotate(lanes[20], 18)
      lanes[20] = rotate(lanes[2], 62)
      lanes[2] = rotate(lanes[12], 43)
      lanes[12] = rotate(lanes[13], 25)
      lanes[13] = rotate(lanes[19], 8)
      lanes[19] = rotate(lanes[23], 56)
      lanes[23] = rotate(lanes[15], 41)
      lanes[15] = rotate(lanes[4], 27)
      lanes[4] = rotate(lanes[24], 14)
      lanes[24] = rotate(lanes[21], 2)
      lanes[21] = rotate(lanes[8], 55)
      lanes[8] = rotate(lanes[16], 45)
      lanes[16] = rotate(lanes[5], 36)
      lanes[5] = rotate(lanes[3], 28)
      lanes[3] = rotate(lanes[18], 21)
      lanes[18] = rotate(lanes[17], 15)
      lanes[17] = rotate(lanes[11], 10)
      lanes[11] = rotate(lanes[7], 6)
      lanes[7] = rotate(lanes[10], 3)
      lanes[10] = rotate(first, 1)
      row = 0
      while row < 25 {
        let (a, b, c, d, e) = (
          lanes[row], lanes[row &+ 1], lanes[row &+ 2], lanes[row &+ 3], lanes[row &+ 4]
        )
        lanes[row] = a ^ (~b & c)
        lanes[row &+ 1] = b ^ (~c & d)
        lanes[row &+ 2] = c ^ (~d & e)
        lanes[row &+ 3] = d ^ (~e & a)
        lanes[row &+ 4] = e ^ (~a & b)
        row &+= 5
      }
      lanes[0] ^= Self.roundConstants[round]
    }
  }

  @inline(__always) private func rotate(_ lane: UInt64, _ by: UInt64) -> UInt64 {
    lane &<< by | lane &>> (64 &- by)
  }
}
