// The tree over an operator table's leaves: how non-signers are proven, and how a table's root comes about.
//
// Source: `Merkle.verifyInclusionKeccak` and `merkleizeKeccak` of eigenlayer-contracts v1.12.0.

import BN254
public import Signatures

/// The leaves of one table, padded with zero words to a power of two.
public struct BN254OperatorTree: Sendable {
  /// Levels from the leaves (padded) to the root.
  private let levels: [[Hash256]]

  /// Requires at least one operator.
  public init(_ operators: [BN254OperatorInfo]) {
    precondition(!operators.isEmpty, "a table has operators")
    var level = operators.map(\.leaf)
    while level.count & (level.count - 1) != 0 { level.append(.zero) }
    var levels = [level]
    while level.count > 1 {
      level = stride(from: 0, to: level.count, by: 2).map { Self.node(level[$0], level[$0 + 1]) }
      levels.append(level)
    }
    self.levels = levels
  }

  /// One leaf is its own root.
  public var root: Hash256 { levels[levels.count - 1][0] }

  /// The siblings of leaf `index` from below; empty for a single leaf.
  public func proof(_ index: Int) -> [UInt8] {
    levels.dropLast().enumerated().flatMap { height, level in level[index >> height ^ 1].bytes }
  }

  static func node(_ left: Hash256, _ right: Hash256) -> Hash256 { keccak256(left.bytes + right.bytes) }

  /// Whether `leaf` stands at `index` below `root`. An empty proof says that the leaf is the root, whatever the index.
  static func includes(_ leaf: Hash256, at index: UInt32, proof: [UInt8], root: Hash256)
    throws(BN254CertificateError) -> Bool
  {
    if root == .zero { throw .emptyRoot }
    if proof.isEmpty { return leaf == root }
    if proof.count % 32 != 0 { throw .invalidProofLength(proof.count) }
    var hash = leaf
    var rest = index
    for start in stride(from: 0, to: proof.count, by: 32) {
      guard let sibling = Hash256(bytes: proof[start..<start + 32]) else {
        throw .invalidProofLength(proof.count)
      }
      hash = rest % 2 == 0 ? node(hash, sibling) : node(sibling, hash)
      rest /= 2
    }
    if rest != 0 { throw .invalidIndex(index) }
    return hash == root
  }
}

/// Keys and weights of an operator set at one timestamp, as the verifier stores them.
public struct BN254OperatorTable: Sendable, Equatable {
  public var operatorInfoTreeRoot: Hash256
  public var numOperators: UInt64
  /// Sum of all public keys in the first group.
  public var aggregatePubkey: BN254Point
  /// By stake type.
  public var totalWeights: [UInt128]

  public init(
    operatorInfoTreeRoot: Hash256, numOperators: UInt64, aggregatePubkey: BN254Point, totalWeights: [UInt128]
  ) {
    self.operatorInfoTreeRoot = operatorInfoTreeRoot
    self.numOperators = numOperators
    self.aggregatePubkey = aggregatePubkey
    self.totalWeights = totalWeights
  }

  /// The table of these operators. Requires at least one; throws when a key is not on the curve, when the operators differ
  /// in the number of their weights, or when a total leaves 128 bits.
  public init(of operators: [BN254OperatorInfo]) throws(BN254CertificateError) {
    var keys: [G1] = []
    var totals = [UInt128](repeating: 0, count: operators.first?.weights.count ?? 0)
    for one in operators {
      keys.append(try one.pubkey.onCurve())
      guard one.weights.count == totals.count else {
        throw .arrayLengthMismatch(given: one.weights.count, needed: totals.count)
      }
      for (k, weight) in one.weights.enumerated() {
        let (sum, overflow) = totals[k].addingReportingOverflow(weight)
        if overflow { throw .arithmeticOverflow }
        totals[k] = sum
      }
    }
    self.init(
      operatorInfoTreeRoot: BN254OperatorTree(operators).root, numOperators: UInt64(operators.count),
      aggregatePubkey: BN254Point(G1.sum(keys)), totalWeights: totals)
  }
}

extension BN254Point {
  /// The point, as the precompile of EIP-196 reads it.
  func onCurve() throws(BN254CertificateError) -> G1 {
    guard let point = try? G1(x: x, y: y) else { throw .pointAdditionFailed }
    return point
  }
}
