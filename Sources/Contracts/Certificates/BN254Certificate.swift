// BLS certificates over BN254 as EigenLayer's certificate verifier takes them: who signed is told by who did not.
//
// Source: eigenlayer-contracts v1.12.0, `IBN254CertificateVerifierTypes`, `IOperatorTableCalculatorTypes`,
// `BN254SignatureVerifier`, `LeafCalculatorMixin`.

public import BN254
public import BigInt
public import Signatures

/// Coordinates as a caller gives them: on the curve or not.
public struct BN254Point: Sendable, Equatable {
  public var x, y: Word256

  public init(x: Word256, y: Word256) {
    self.x = x
    self.y = y
  }

  public init(_ point: G1) { self.init(x: point.x, y: point.y) }

  /// The point, as the precompile of EIP-196 reads it. Errors: pointAdditionFailed.
  func onCurve() throws(CertificateError) -> G1 {
    guard let point = try? G1(x: x, y: y) else { throw .pointAdditionFailed }
    return point
  }
}

/// What the leaf of an operator commits to: its public key in the first group, and its weights.
public struct BN254OperatorInfo: Sendable, Equatable {
  public var pubkey: BN254Point
  /// By kind of stake. uint256 each.
  public var weights: [BigUInt]

  public init(pubkey: BN254Point, weights: [BigUInt]) {
    self.pubkey = pubkey
    self.weights = weights
  }

  /// keccak256(0x75 ++ abi.encode(((X, Y), weights))). `LeafCalculatorMixin.calculateOperatorInfoLeaf`; the salt keeps a
  /// leaf from passing for an inner node.
  public var leaf: Hash256 {
    let key = ABIValue.tuple([.word(Hash256(pubkey.x)), .word(Hash256(pubkey.y))])
    return keccak256([0x75] + abiEncode([.tuple([key, .array(weights.map { .integer($0) })])]))
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
  /// A sum of public keys in the second group, as a caller gives it.
  public struct Key: Sendable, Equatable {
    public var x, y: G2.Coordinate
    public init(x: G2.Coordinate, y: G2.Coordinate) {
      self.x = x
      self.y = y
    }
    public init(_ point: G2) { self.init(x: point.x, y: point.y) }
  }

  public var referenceTimestamp: UInt32
  public var messageHash: Hash256
  /// Sum of the signers' signatures.
  public var signature: BN254Point
  /// Sum of the signers' public keys in the second group.
  public var apk: Key
  /// Ascending by index.
  public var nonSigners: [BN254NonSigner]

  public init(
    referenceTimestamp: UInt32, messageHash: Hash256, signature: BN254Point, apk: Key,
    nonSigners: [BN254NonSigner]
  ) {
    self.referenceTimestamp = referenceTimestamp
    self.messageHash = messageHash
    self.signature = signature
    self.apk = apk
    self.nonSigners = nonSigners
  }

  /// What operators sign. Binds the reference timestamp, so that a certificate is worth nothing for another table.
  public var digest: Hash256 { Self.digest(referenceTimestamp, messageHash) }

  /// keccak256(abi.encode(typehash, referenceTimestamp, messageHash)); no domain.
  public static func digest(_ referenceTimestamp: UInt32, _ messageHash: Hash256) -> Hash256 {
    keccak256(
      abiEncode([.word(typeHash), .integer(UInt64(referenceTimestamp)), .word(messageHash)]))
  }

  private static let typeHash = keccak256(
    "BN254Certificate(uint32 referenceTimestamp,bytes32 messageHash)".utf8)
}

extension Hash256 {
  /// The word of a number.
  public init(_ word: Word256) { self.init(word.l3, word.l2, word.l1, word.l0) }
}
