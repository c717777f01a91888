// The Merkle tree of cumulative earnings: one tree of tokens for each earner, one tree of earners over them.
//
// Hashes as in the RewardsCoordinator; shape as the off-chain builder makes it: earners and tokens ascending by address,
// padded with zero words to a power of two. A tree of one leaf is that leaf.

public import BigInt
public import Signatures

/// A Merkle tree over words, all of its levels kept.
public struct MerkleTree: Sendable {
  /// From the padded leaves up to the root.
  private var levels: [[Hash256]]
  public let count: Int

  /// Requires at least one leaf. Cost: one hash a leaf.
  public init(_ leaves: [Hash256]) {
    precondition(!leaves.isEmpty, "a tree has a leaf")
    count = leaves.count
    var level = leaves
    while level.count & (level.count - 1) != 0 { level.append(.zero) }
    levels = [level]
    while level.count > 1 {
      level = stride(from: 0, to: level.count, by: 2).map { keccak256(level[$0], level[$0 + 1]) }
      levels.append(level)
    }
  }

  public var root: Hash256 { levels[levels.count - 1][0] }

  public func leaf(_ index: Int) -> Hash256 { levels[0][index] }

  /// The siblings from the leaf up, 32 bytes each.
  public func proof(_ index: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    var place = index
    for level in levels.dropLast() {
      bytes += level[place ^ 1].bytes
      place /= 2
    }
    return bytes
  }
}

/// Everybody's cumulative earnings at the end of a period.
public struct DistributionTree: Sendable {
  /// What one earner has earned since ever, in one token.
  public struct Earning: Sendable, Equatable {
    public var token: Address
    public var cumulative: BigUInt
    public init(token: Address, cumulative: BigUInt) {
      self.token = token
      self.cumulative = cumulative
    }
  }
  public struct Earner: Sendable {
    public let address: Address
    /// Ascending by token address.
    public let earnings: [Earning]
    public let tokens: MerkleTree
  }

  /// Ascending by address.
  public let earners: [Earner]
  private let tree: MerkleTree

  /// Nil when nobody earned anything. Earners and their tokens may come in any order; each only once.
  public init?(_ earnings: [(address: Address, earnings: [Earning])]) {
    guard !earnings.isEmpty else { return nil }
    earners = earnings.sorted { $0.address < $1.address }.map { one in
      let sorted = one.earnings.sorted { $0.token < $1.token }
      return Earner(
        address: one.address, earnings: sorted,
        tokens: MerkleTree(sorted.map { Self.tokenLeaf($0.token, $0.cumulative) }))
    }
    tree = MerkleTree(earners.map { Self.earnerLeaf($0.address, tokenRoot: $0.tokens.root) })
  }

  public var root: Hash256 { tree.root }
  public func earnerLeaf(_ index: Int) -> Hash256 { tree.leaf(index) }
  public func earnerProof(_ index: Int) -> [UInt8] { tree.proof(index) }

  // MARK: - Hashes

  /// keccak256(0x01 ++ token ++ cumulative earnings). Requires at most 256 bits of earnings.
  public static func tokenLeaf(_ token: Address, _ cumulative: BigUInt) -> Hash256 {
    keccak256(prefix: [1] + token.bytes, Hash256(cumulative))
  }

  /// keccak256(0x00 ++ earner ++ token root).
  public static func earnerLeaf(_ earner: Address, tokenRoot: Hash256) -> Hash256 {
    keccak256(prefix: [0] + earner.bytes, tokenRoot)
  }

  /// What a leaf and its siblings hash up to: a bit of the index decides which side each sibling is on.
  static func root(of leaf: Hash256, at index: UInt32, proof: [UInt8]) -> Hash256 {
    var hash = leaf
    var place = index
    for start in stride(from: 0, to: proof.count, by: 32) {
      guard let sibling = Hash256(bytes: proof[start..<start + 32]) else {
        preconditionFailure("a proof has whole words")
      }
      hash = place & 1 == 0 ? keccak256(hash, sibling) : keccak256(sibling, hash)
      place >>= 1
    }
    return hash
  }
}
