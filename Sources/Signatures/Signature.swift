// A signature as a plain value, wide enough for every scheme, and the schemes' names and sizes.

/// Up to 96 signature bytes; schemes use their first `SignatureScheme.signatureBytes`.
@frozen public struct Signature: Hashable, Sendable, BitwiseCopyable {
  /// Twelve words whose big-endian bytes are the signature.
  public var words: InlineWords
  public static let zero = Signature()

  public init() { words = InlineWords() }

  /// From at most 96 bytes; nil for more.
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count <= 96 else { return nil }
    self.init()
    for (k, byte) in bytes.enumerated() {
      words[k / 8] |= UInt64(byte) << (56 - 8 * UInt64(k % 8))
    }
  }

  /// The first `count` bytes, at most 96.
  public func bytes(_ count: Int) -> [UInt8] {
    (0..<min(count, 96)).map { UInt8(truncatingIfNeeded: words[$0 / 8] >> (56 - 8 * UInt64($0 % 8))) }
  }

  /// Twelve words in line.
  @frozen public struct InlineWords: Hashable, Sendable, BitwiseCopyable {
    var low: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0)
    var high: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0)

    public subscript(index: Int) -> UInt64 {
      get {
        switch index {
        case 0: low.0
        case 1: low.1
        case 2: low.2
        case 3: low.3
        case 4: low.4
        case 5: low.5
        case 6: high.0
        case 7: high.1
        case 8: high.2
        case 9: high.3
        case 10: high.4
        default: high.5
        }
      }
      set {
        switch index {
        case 0: low.0 = newValue
        case 1: low.1 = newValue
        case 2: low.2 = newValue
        case 3: low.3 = newValue
        case 4: low.4 = newValue
        case 5: low.5 = newValue
        case 6: high.0 = newValue
        case 7: high.1 = newValue
        case 8: high.2 = newValue
        case 9: high.3 = newValue
        case 10: high.4 = newValue
        default: high.5 = newValue
        }
      }
    }

    public static func == (a: Self, b: Self) -> Bool { a.low == b.low && a.high == b.high }
    public func hash(into hasher: inout Hasher) { for k in 0..<12 { hasher.combine(self[k]) } }
  }
}

/// How attestations and certificates are signed.
public enum SignatureScheme: String, CaseIterable, Sendable, Codable {
  case ecdsaSecp256k1 = "ecdsa-secp256k1"
  case bn254
  case bls12381 = "bls12-381"
  case ed25519

  /// Bytes of one signature on the wire. ECDSA: r, s, v as EigenLayer's ECDSA certificates; BN254: an uncompressed
  /// G1 point; BLS12-381: a compressed G2 point.
  public var signatureBytes: Int {
    switch self {
    case .ecdsaSecp256k1: 65
    case .bn254, .ed25519: 64
    case .bls12381: 96
    }
  }
}

/// Whether signatures are computed or only priced.
public enum SignatureMode: String, Sendable, Codable {
  /// Computed and checked with the scheme's library.
  case real
  /// Same sizes, cost charged as time, validity decided by a keyed hash instead of a curve.
  case modelled
}
