// What goes wrong with the chain, as written in a timeline of faults.

internal import Basics
public import Contracts

/// `chainHalt`, `slowBlocks`, `gasSpike`, `reorg`, `censorTransaction`.
public enum ChainFaultPlan: Sendable, Equatable, Codable {
  case halt
  /// Slots stay empty with this chance.
  case slowBlocks(Share)
  /// The chain's other users want so many times as much gas.
  case gasSpike(Double)
  /// The last slots turn out empty; of the transactions in their blocks this share is lost.
  case reorg(depth: Int, lost: Share)
  /// Builders of this share of the blocks leave out transactions of these kinds (all when empty) from these nodes.
  case censor([Transaction.Kind], from: NodeChoice?, share: Share)

  static let kinds = ["chainHalt", "slowBlocks", "gasSpike", "reorg", "censorTransaction"]

  static func alternatives(timed: Bool) -> [ObjectReader.Variant<FaultPlan.Kind>] {
    [
      .init("chainHalt", "no blocks: write true") { v in
        guard let flag = v.bool() else { return nil }
        if !flag { v.mistake("false halts nothing; write true, or remove it") }
        return .chain(.halt)
      },
      .init("slowBlocks", "slots stay empty with this chance") { v in
        v.wholeBips(Share(wad: Share.bip)...Share(wad: Share.one - Share.bip)).map { .chain(.slowBlocks($0)) }
      },
      .init("gasSpike", "other users want so many times as much gas") { v in
        v.number(0...1_000_000).map { .chain(.gasSpike($0)) }
      },
      .init("reorg", "the last slots turn out empty") { v in
        func depth(_ v: ValueReader) -> Int? { v.integer(1...10_000) }
        let plan: ChainFaultPlan? = v.forms(
          scalar: { depth($0).map { .reorg(depth: $0, lost: .zero) } },
          mapping: { o in
            .reorg(
              depth: o.needed("depth", "write how many slots, such as 3", placeholder: 1) { depth($0) },
              lost: o.value("lost", "transactions of those blocks that nobody has any more", or: .zero) {
                $0.wholeBips(.zero ... .whole)
              })
          }, expected: "how many slots, or {depth, lost}")
        guard let plan else { return nil }
        if !timed { v.afterwards { plan.tooDeepLive(in: $0) } }
        return .chain(plan)
      },
      .init("censorTransaction", "builders leave out transactions") { v in
        v.object { o in
          let kinds = o.optional("kinds", "which transactions; absent: all") { v in
            v.list(1...Transaction.Kind.allCases.count) { $0.choice(Transaction.Kind.self) }
          }
          return .chain(
            .censor(
              kinds ?? [], from: o.optional("from", "whose; absent: everybody's") { NodeChoice.read($0) },
              share: o.value("share", "share of the blocks whose builder censors", or: .whole) {
                $0.wholeBips(Share(wad: Share.bip) ... .whole)
              }))
        }
      },
    ]
  }

  /// Why it cannot strike in this scenario; nil when it can.
  func wrong(in scenario: Scenario) -> String? {
    switch self {
    case .halt, .slowBlocks: return nil
    case .gasSpike:
      return scenario.chain.fees == nil
        ? "there is no market for block space: write chain.fees, such as {baseFee: 5gwei}" : nil
    case .reorg(let depth, _):
      return depth > scenario.chain.finality
        ? "a depth of \(depth) is above chain.finality, \(scenario.chain.finality): final blocks stay" : nil
    case .censor(_, let nodes, _): return nodes.flatMap { scenario.wrong($0) }
    }
  }

  private func tooDeepLive(in scenario: Scenario) -> String? {
    guard case .reorg(let depth, _) = self, depth > scenario.deepestReorg else { return nil }
    return
      "the states of \(scenario.deepestReorg) blocks are kept; start the scenario with chain.reorgs: \(depth)"
  }

  /// What the fault's draws hang on.
  var chosen: String {
    switch self {
    case .halt: "chainHalt"
    case .slowBlocks: "slowBlocks"
    case .gasSpike: "gasSpike"
    case .reorg: "reorg"
    case .censor(_, let nodes, _): "censorTransaction" + canonicalText(nodes)
    }
  }

  func fault(_ nodes: (NodeChoice) -> [NodeID]) -> ChainFault {
    switch self {
    case .halt: .halt
    case .slowBlocks(let share): .missedSlots(bips: UInt64(share.bips))
    case .gasSpike(let factor): .gasSpike(permille: UInt64(factor * 1_000 + 0.5))
    case .reorg(let depth, let lost): .reorg(depth: UInt64(depth), lostBips: UInt64(lost.bips))
    case .censor(let kinds, let from, let share):
      .censor(Censorship(kinds: kinds, senders: from.map(nodes), shareBips: UInt64(share.bips)))
    }
  }

  /// Where it strikes, in words.
  public var place: String {
    switch self {
    case .halt: "the chain"
    case .slowBlocks(let share): "\(share) of the slots"
    case .gasSpike(let factor): "x \(factor)"
    case .reorg(let depth, let lost): "\(depth) slots, \(lost) of their transactions lost"
    case .censor(let kinds, _, let share):
      (kinds.isEmpty ? "all transactions" : kinds.map(\.rawValue).joined(separator: ", "))
        + " in \(share) of the blocks"
    }
  }
}

extension Scenario {
  /// The deepest reorg that can come: of the timeline, or live.
  public var deepestReorg: Int {
    faults.reduce(chain.reorgs) { deepest, plan in
      switch plan.kind {
      case .chain(.reorg(let depth, _)): max(deepest, depth)
      case .pattern(.swarm(let swarm)) where swarm.kinds.contains("reorg"):
        max(deepest, min(SwarmPlan.reorgDepth, chain.finality))
      default: deepest
      }
    }
  }
}
