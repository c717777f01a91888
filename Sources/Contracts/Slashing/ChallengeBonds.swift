// What accusing costs. Each piece of evidence comes with a bond out of its sender's purse; the bond comes back unless the
// evidence was worth nothing from the start, so that a griefer pays for each frivolous challenge and stops when its purse is
// empty. Evidence in good faith costs nothing, however it ends.

public import Basics

/// The bonds of one service's challengers.
public struct ChallengeBonds: Sendable, Equatable {
  /// Wei that a challenge puts at risk, and that a node has for it.
  public let bond: UInt128
  public let purse: UInt128
  private var lost: [NodeID: UInt128] = [:]
  /// Bonds at risk in disputes that are not decided.
  private var held: [NodeID: UInt128] = [:]
  /// Wei lost by all, and challenges refused since the sender could not put up the bond.
  public private(set) var forfeited: UInt128 = 0
  public private(set) var turnedAway = 0

  public init(bond: UInt128, purse: UInt128) {
    self.bond = bond
    self.purse = purse
  }

  /// What `node` has left, and not at risk.
  public func left(of node: NodeID) -> UInt128 { purse - (lost[node] ?? 0) - (held[node] ?? 0) }

  /// - Throws: `bondMissing` when the node cannot put up the bond.
  /// Effects: a refusal is counted. Errors: bondMissing. Moves nothing yet, see `hold` and `forfeit`.
  public mutating func require(of node: NodeID) throws(EvidenceRefusal) {
    guard left(of: node) >= bond else {
      turnedAway += 1
      throw .bondMissing(have: left(of: node), need: bond)
    }
  }

  /// The bond of a frivolous challenge is lost. Effects: the node's purse loses it, the forfeited sum gains it. Errors: none.
  public mutating func forfeit(_ node: NodeID) { lose(bond, of: node) }

  /// A bond is put at risk until the dispute is decided; `require` must hold.
  /// Effects: it cannot stand for another challenge meanwhile. Errors: none.
  public mutating func hold(_ node: NodeID) { held[node, default: 0] += bond }

  /// A bond that was at risk comes back, but for what is lost of it.
  /// Effects: what is lost counts as forfeited. Requires: it was held, and no more is lost than it.
  public mutating func release(_ node: NodeID, losing amount: UInt128) {
    precondition(held[node, default: 0] >= bond, "no bond of node \(node.rawValue) is held")
    held[node, default: 0] -= bond
    lose(min(amount, bond), of: node)
  }

  private mutating func lose(_ amount: UInt128, of node: NodeID) {
    lost[node, default: 0] += amount
    forfeited += amount
  }
}
