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

private struct KeccakSponge {
  private static let rateBytes = 136
  private var lanes = [UInt64](repeating: 0, count: 25)
  private var position = 0

  mutating func absorb(_ byte: UInt8) {
    lanes[position / 8] ^= UInt64(byte) << UInt64(position % 8 * 8)
    position += 1
    if position == Self.rateBytes {
      permute()
      position = 0
    }
  }

  mutating func squeeze() -> Hash256 {
    lanes[position / 8] ^= 0x01 << UInt64(position % 8 * 8)
    lanes[16] ^= 0x8000_0000_0000_0000
    permute()
    return Hash256(lanes[0].byteSwapped, lanes[1].byteSwapped, lanes[2].byteSwapped, lanes[3].byteSwapped)
  }

  private static let roundConstants: [UInt64] = [
    0x0000_0000_0000_0001, 0x0000_0000_0000_8082, 0x8000_0000_0000_808A, 0x8000_0000_8000_8000,
    0x0000_0000_0000_808B, 0x0000_0000_8000_0001, 0x8000_0000_8000_8081, 0x8000_0000_0000_8009,
    0x0000_0000_0000_008A, 0x0000_0000_0000_0088, 0x0000_0000_8000_8009, 0x0000_0000_8000_000A,
    0x0000_0000_8000_808B, 0x8000_0000_0000_008B, 0x8000_0000_0000_8089, 0x8000_0000_0000_8003,
    0x8000_0000_0000_8002, 0x8000_0000_0000_0080, 0x0000_0000_0000_800A, 0x8000_0000_8000_000A,
    0x8000_0000_8000_8081, 0x8000_0000_0000_8080, 0x0000_0000_8000_0001, 0x8000_0000_8000_8008,
  ]
  /// Rotation of lane (x, y) at index x + 5 y.
  private static let rotations: [UInt64] = [
    0, 1, 62, 28, 27, 36, 44, 6, 55, 20, 3, 10, 43, 25, 39, 41, 45, 15, 21, 8, 18, 2, 61, 56, 14,
  ]

  private mutating func permute() {
    var parity = [UInt64](repeating: 0, count: 5)
    var moved = [UInt64](repeating: 0, count: 25)
    for round in 0..<24 {
      for x in 0..<5 {
        parity[x] = lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20]
      }
      for x in 0..<5 {
        let theta = parity[(x + 4) % 5] ^ rotate(parity[(x + 1) % 5], 1)
        for y in 0..<5 { lanes[x + 5 * y] ^= theta }
      }
      for x in 0..<5 {
        for y in 0..<5 {
          moved[y + 5 * ((2 * x + 3 * y) % 5)] = rotate(lanes[x + 5 * y], Self.rotations[x + 5 * y])
        }
      }
      for y in 0..<5 {
        for x in 0..<5 {
          lanes[x + 5 * y] = moved[x + 5 * y] ^ (~moved[(x + 1) % 5 + 5 * y] & moved[(x + 2) % 5 + 5 * y])
        }
      }
      lanes[0] ^= Self.roundConstants[round]
    }
  }

  private func rotate(_ lane: UInt64, _ by: UInt64) -> UInt64 {
    by == 0 ? lane : lane << by | lane >> (64 - by)
  }
}
