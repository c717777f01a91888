// A fault as both engines see it: which nodes and links, from when to when, what happens to them. All choices that a
// scenario leaves to the seed are already drawn (Scenarios/Faults), so that the engines need no randomness to apply
// one, and removing one fault changes no other.

public import Basics
public import Contracts

/// One fault, resolved.
public struct Fault: Sendable, Equatable {
  /// Position in the timeline; live faults continue the numbering.
  public var id: UInt32
  public var at: Instant
  /// When it ends by itself; nil: when somebody heals it.
  public var until: Instant?
  public var kind: Kind

  public enum Kind: Sendable, Equatable {
    /// Messages pass between two nodes only when `Fault.connects` says so. One side for each node of the graph.
    case partition(sides: [UInt32])
    /// These nodes end at `at` and start again when the fault ends, with nothing or with all of what they knew.
    case crash(nodes: [NodeID], losesState: Bool)
    /// A further share of the messages on these links, both directions, is lost, independently of the link's own
    /// loss. 0 ... 1.
    case loss(LinkSet, share: Double)
    /// One-way latency, jitter included, becomes `latency * scale + add`.
    case latency(LinkSet, add: TimeSpan, scale: Double)
    /// Work takes `factorPermille / 1000` times as long on these nodes. 1,000 or more.
    case slowCPU(nodes: [NodeID], factorPermille: UInt64)
    /// Something is wrong with the chain; nodes and links are not touched.
    case chain(ChainFault)
  }

  public init(id: UInt32, at: Instant, until: Instant?, kind: Kind) {
    self.id = id
    self.at = at
    self.until = until
    self.kind = kind
  }

  /// The side of a node that keeps contact with every side.
  public static let everySide = UInt32.max

  /// Whether nodes on these two sides of one partition hear each other.
  @inlinable public static func connects(_ a: UInt32, _ b: UInt32) -> Bool {
    a == b || a == everySide || b == everySide
  }

  /// The name of the kind in files and in `summary.json`. A region outage is a crash of its nodes.
  public var name: String {
    switch kind {
    case .partition: "partition"
    case .crash: "crash"
    case .loss: "loss"
    case .latency: "latency"
    case .slowCPU: "slowCPU"
    case .chain(.halt): "chainHalt"
    case .chain(.missedSlots): "slowBlocks"
    case .chain(.gasSpike): "gasSpike"
    case .chain(.censor): "censorTransaction"
    case .chain(.reorg): "reorg"
    }
  }

  /// Whether it is in force at `now`: from `at` on, and no more at `until`.
  @inlinable public func isInForce(_ now: Instant) -> Bool { now >= at && (until.map { now < $0 } ?? true) }
}

/// A set of undirected links, as a predicate on pairs of nodes.
public enum LinkSet: Sendable, Equatable {
  case all
  /// Links with an end in the set; one flag for each node.
  case touching([Bool])
  /// Links with one end in the first set and the other in the second.
  case between([Bool], [Bool])
  /// Exactly these pairs, lower id first, in ascending order.
  case pairs([Pair])

  @frozen public struct Pair: Hashable, Comparable, Sendable, BitwiseCopyable {
    public var low, high: NodeID
    public init(_ a: NodeID, _ b: NodeID) {
      low = min(a, b)
      high = max(a, b)
    }
    public static func < (a: Self, b: Self) -> Bool { (a.low, a.high) < (b.low, b.high) }
  }

  /// Whether the link between two nodes is in the set, in either direction. `log` of the number of pairs at most.
  public func contains(_ a: NodeID, _ b: NodeID) -> Bool {
    switch self {
    case .all: return true
    case .touching(let flags): return flags[a.index] || flags[b.index]
    case .between(let first, let second):
      return (first[a.index] && second[b.index]) || (first[b.index] && second[a.index])
    case .pairs(let pairs):
      let wanted = Pair(a, b)
      var low = 0
      var high = pairs.count
      while low < high {
        let middle = (low + high) / 2
        if pairs[middle] < wanted { low = middle + 1 } else { high = middle }
      }
      return low < pairs.count && pairs[low] == wanted
    }
  }
}
