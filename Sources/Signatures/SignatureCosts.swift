// What signing and verifying cost in time, for the modelled mode and for the simulator's clock.

public import Basics

/// Time of one operation on one core at speed 1.
public struct SignatureCosts: Sendable, Equatable {
  /// One signature made.
  public var sign: TimeSpan
  /// One signature checked.
  public var verify: TimeSpan

  public init(sign: TimeSpan, verify: TimeSpan) {
    self.sign = sign
    self.verify = verify
  }

  /// The default cost table.
  ///
  /// All of these are estimates. ECDSA lies somewhat above what `avsim bench signatures` measures (libsecp256k1 0.2.0 on
  /// an AMD EPYC at 2.4 GHz: 33 to 39 us to sign, 57 us to check, without hashing the payload), to leave room for
  /// hashing and decoding, which were not measured apart. The others are orders of magnitude of well-known libraries, not
  /// of what computes the schemes here: BN254 sign is a G1 multiplication and verify two pairings (`avsim bench
  /// signatures` says what this project's own module takes, about 1.7 ms for both on that machine); BLS12-381 sign is a G2 multiplication and
  /// verify two pairings; Ed25519 as in optimised C.
  public static func standard(_ scheme: SignatureScheme) -> SignatureCosts {
    switch scheme {
    case .ecdsaSecp256k1: SignatureCosts(sign: .microseconds(60), verify: .microseconds(70))
    case .bn254: SignatureCosts(sign: .microseconds(150), verify: .microseconds(1_500))
    case .bls12381: SignatureCosts(sign: .microseconds(350), verify: .microseconds(1_100))
    case .ed25519: SignatureCosts(sign: .microseconds(25), verify: .microseconds(60))
    }
  }
}
