// BLS certificates over BN254 as EigenLayer's certificate verifier takes them: who signed is told by who did not.
//
// Source: eigenlayer-contracts v1.12.0, `IBN254CertificateVerifierTypes`, `IOperatorTableCalculatorTypes`,
// `BN254SignatureVerifier`, `LeafCalculatorMixin`, `Merkle`.

public import BN254
public import Signatures

/// Coordinates as a caller gives them: on the curve or not.
public struct BN254Point: Sendable, Equatable {
  public var x, y: Word256

  public init(x: Word256, y: Word256) {
    self.x = x
    self.y = y
  }

  public init(_ point: G1) { self.init(x: point.x, y: point.y) }
}

/// What the leaf of an operator commits to: its public key in the first group, and its weight by stake type.
public struct BN254OperatorInfo: Sendable, Equatable {
  public var pubkey: BN254Point
  public var weights: [UInt128]

  public init(pubkey: BN254Point, weights: [UInt128]) {
    self.pubkey = pubkey
    self.weights = weights
  }

  /// keccak256(0x75 ++ abi.encode(((X, Y), weights))). `LeafCalculatorMixin.calculateOperatorInfoLeaf`; the salt keeps a
  /// leaf from passing for an inner node.
  public var leaf: Hash256 {
    var encoded: [UInt8] = [0x75]
    encoded += Word256(0x20).bytes + pubkey.x.bytes + pubkey.y.bytes + Word256(0x60).bytes
    encoded += Word256(UInt64(weights.count)).bytes
    for weight in weights { encoded += Word256(weight).bytes }
    return keccak256(encoded)
  }
}

/// An operator that did not sign, with the proof of what it would have added.
public struct BN254NonSigner: Sendable, Equatable {
  public var operatorIndex: UInt32
  /// Sibling hashes from the leaf up, 32 bytes each.
  public var proof: [UInt8]
  public var info: BN254OperatorInfo

  public init(operatorIndex: UInt32, proof: [UInt8], info: BN254OperatorInfo) {
    self.operatorIndex = operatorIndex
    self.proof = proof
    self.info = info
  }
}

/// The claim that everybody in the table of `referenceTimestamp` but `nonSigners` signed `messageHash`.
public struct BN254Certificate: Sendable, Equatable {
  public var referenceTimestamp: UInt32
  public var messageHash: Hash256
  /// Sum of the signers' signatures.
  public var signature: BN254Point
  /// Sum of the signers' public keys in the second group.
  public var apk: (x: G2.Coordinate, y: G2.Coordinate)
  /// Ascending by index.
  public var nonSigners: [BN254NonSigner]

  public init(
    referenceTimestamp: UInt32, messageHash: Hash256, signature: BN254Point,
    apk: (x: G2.Coordinate, y: G2.Coordinate), nonSigners: [BN254NonSigner]
  ) {
    self.referenceTimestamp = referenceTimestamp
    self.messageHash = messageHash
    self.signature = signature
    self.apk = apk
    self.nonSigners = nonSigners
  }

  public static func == (a: Self, b: Self) -> Bool {
    a.referenceTimestamp == b.referenceTimestamp && a.messageHash == b.messageHash
      && a.signature == b.signature && a.apk == b.apk && a.nonSigners == b.nonSigners
  }

  /// What operators sign. Binds the reference timestamp, so that a certificate is worth nothing for another table.
  public var digest: Hash256 { Self.digest(referenceTimestamp, messageHash) }

  /// keccak256(abi.encode(typehash, referenceTimestamp, messageHash)); no domain.
  public static func digest(_ referenceTimestamp: UInt32, _ messageHash: Hash256) -> Hash256 {
    keccak256(typeHash + Word256(UInt64(referenceTimestamp)).bytes + messageHash.bytes)
  }

  private static let typeHash = keccak256(
    "BN254Certificate(uint32 referenceTimestamp,bytes32 messageHash)".utf8
  ).bytes
}

/// Why a certificate or a table of the BN254 verifier was refused. Refused calls change nothing.
public enum BN254CertificateError: Error, Sendable, Equatable {
  /// The reference timestamp is not above the latest.
  case tableUpdateStale(given: UInt32, latest: UInt32)
  /// Verified after `reference + maximum staleness`.
  case certificateStale(now: UInt64, until: UInt64)
  /// There is no table of that timestamp.
  case referenceTimestampDoesNotExist(UInt32)
  /// The global table root of that timestamp was disabled.
  case rootDisabled(UInt32)
  /// Non-signers must ascend strictly by index.
  case nonSignerIndicesNotSorted(UInt32)
  case invalidOperatorIndex(UInt32, operators: UInt64)
  /// A non-signer's proof does not lead to the root, or the signature is not the signers'.
  case verificationFailed
  /// As many thresholds as stake types are needed.
  case arrayLengthMismatch(given: Int, needed: Int)
  /// The table has no tree.
  case emptyRoot
  /// A proof is not made of 32-byte words.
  case invalidProofLength(Int)
  /// A proof is too short for its index.
  case invalidIndex(UInt32)
  /// A key or the signature is not on the curve: the precompile of EIP-196 refuses it.
  case pointAdditionFailed
  /// The contracts' checked arithmetic: `Panic(0x11)`.
  case arithmeticOverflow

  /// The name under which the contracts revert.
  public var name: String {
    switch self {
    case .tableUpdateStale: "TableUpdateStale"
    case .certificateStale: "CertificateStale"
    case .referenceTimestampDoesNotExist: "ReferenceTimestampDoesNotExist"
    case .rootDisabled: "RootDisabled"
    case .nonSignerIndicesNotSorted: "NonSignerIndicesNotSorted"
    case .invalidOperatorIndex: "InvalidOperatorIndex"
    case .verificationFailed: "VerificationFailed"
    case .arrayLengthMismatch: "ArrayLengthMismatch"
    case .emptyRoot: "EmptyRoot"
    case .invalidProofLength: "InvalidProofLength"
    case .invalidIndex: "InvalidIndex"
    case .pointAdditionFailed: "ECAddFailed"
    case .arithmeticOverflow: "Panic(0x11)"
    }
  }
}
