// An operator set's table at one time, as the BN254 verifier stores it: a sum of keys, totals, and a root under which every
// operator's key and weights can be proven.
//
// Source: `IOperatorTableCalculatorTypes`, `Merkle.verifyInclusionKeccak` of eigenlayer-contracts v1.12.0.

import BN254
public import BigInt
public import Signatures

/// Keys and weights of an operator set at one timestamp.
public struct BN254OperatorTable: Sendable, Equatable {
  /// Root of a `MerkleTree` over the operators' leaves, by index.
  public var operatorInfoTreeRoot: Hash256
  public var numOperators: BigUInt
  /// Sum of all public keys in the first group.
  public var aggregatePubkey: BN254Point
  /// By kind of stake.
  public var totalWeights: [BigUInt]

  public init(
    operatorInfoTreeRoot: Hash256, numOperators: BigUInt, aggregatePubkey: BN254Point, totalWeights: [BigUInt]
  ) {
    self.operatorInfoTreeRoot = operatorInfoTreeRoot
    self.numOperators = numOperators
    self.aggregatePubkey = aggregatePubkey
    self.totalWeights = totalWeights
  }

  /// The table of these operators. Requires at least one. Errors: pointAdditionFailed when a key is not on the curve,
  /// arrayLengthMismatch when the operators differ in the number of their weights.
  public init(of operators: [BN254OperatorInfo]) throws(CertificateError) {
    var keys: [G1] = []
    var totals = [BigUInt](repeating: 0, count: operators.first?.weights.count ?? 0)
    for one in operators {
      keys.append(try one.pubkey.onCurve())
      guard one.weights.count == totals.count else { throw .arrayLengthMismatch }
      for (k, weight) in one.weights.enumerated() { totals[k] += weight }
    }
    self.init(
      operatorInfoTreeRoot: MerkleTree(operators.map(\.leaf)).root, numOperators: BigUInt(operators.count),
      aggregatePubkey: BN254Point(G1.sum(keys)), totalWeights: totals)
  }

  /// Whether the witness proves its operator's key and weights. An empty proof says that the leaf is the root, whatever the
  /// index. Errors: emptyRoot, invalidProofLength, invalidIndex.
  func proves(_ witness: BN254NonSigner) throws(CertificateError) -> Bool {
    if operatorInfoTreeRoot == .zero { throw .emptyRoot }
    let leaf = witness.info.leaf
    if witness.proof.isEmpty { return leaf == operatorInfoTreeRoot }
    if witness.proof.count % 32 != 0 { throw .invalidProofLength }
    let height = witness.proof.count / 32
    if height < 32 && witness.operatorIndex >> UInt32(height) != 0 { throw .invalidIndex }
    return DistributionTree.root(of: leaf, at: witness.operatorIndex, proof: witness.proof)
      == operatorInfoTreeRoot
  }
}
