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
  /// ECDSA is this project's own measurement (libsecp256k1 0.2.0, `avsim bench signatures`, AMD EPYC Zen 3 at
  /// 2.4 GHz, including the Keccak hash of the payload). The others are orders of magnitude of well-known libraries
  /// on such a core and are to be replaced by measurements when their schemes can be computed here: BN254 sign is a
  /// G1 multiplication and verify two pairings; BLS12-381 sign is a G2 multiplication and verify two pairings;
  /// Ed25519 as in optimised C.
  public static func standard(_ scheme: SignatureScheme) -> SignatureCosts {
    switch scheme {
    case .ecdsaSecp256k1: SignatureCosts(sign: .microseconds(60), verify: .microseconds(70))
    case .bn254: SignatureCosts(sign: .microseconds(150), verify: .microseconds(1_500))
    case .bls12381: SignatureCosts(sign: .microseconds(350), verify: .microseconds(1_100))
    case .ed25519: SignatureCosts(sign: .microseconds(25), verify: .microseconds(60))
    }
  }
}
