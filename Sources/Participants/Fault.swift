// A fault as both engines see it: which nodes and links, from when to when, what happens to them. All choices that a
// scenario leaves to the seed are already drawn (Scenarios/Faults), so that the engines need no randomness to apply
// one, and removing one fault changes no other.

public import Basics
public import Contracts
public import Network

/// One fault, resolved.
public struct Fault: Sendable, Equatable {
  /// Position in the timeline; live faults continue the numbering.
  public var id: UInt32
  public var at: Instant
  /// When it ends by itself; nil: when somebody heals it.
  public var until: Instant?
  public var kind: Kind
  /// Names the draws made while it is in force, so that they hang on the fault itself and not on its number.
  public var key: UInt64

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
    /// Messages pass only from a higher side to a lower or the same: side 0 hears everybody and is
    /// heard by nobody else; see `Fault.passes`. One side for each node of the graph.
    case oneWay(sides: [UInt32])
    /// Something happens to what these links carry, both directions.
    case link(LinkSet, LinkFault)
    /// These nodes keep these links only; all their others are cut.
    case eclipse(nodes: [NodeID], cut: LinkSet)
    /// Something happens to these nodes.
    case node([NodeID], NodeFault)
  }

  public init(id: UInt32, at: Instant, until: Instant?, kind: Kind, key: UInt64? = nil) {
    self.id = id
    self.at = at
    self.until = until
    self.kind = kind
    self.key = key ?? UInt64(id)
  }

  /// The side of a node that keeps contact with every side.
  public static let everySide = UInt32.max

  /// Whether nodes on these two sides of one partition hear each other.
  @inlinable public static func connects(_ a: UInt32, _ b: UInt32) -> Bool {
    a == b || a == everySide || b == everySide
  }

  /// Whether, under a one-way partition, a message passes from a node on side `a` to one on side `b`: the lower side is
  /// not heard by the higher ones, which it hears.
  @inlinable public static func passes(_ a: UInt32, to b: UInt32) -> Bool { a >= b || b == everySide }

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
    case .oneWay: "oneWay"
    case .link(_, let effect): effect.name
    case .eclipse: "eclipse"
    case .node(_, let effect): effect.name
    }
  }

  /// Whether it is in force at `now`: from `at` on, and no more at `until`.
  @inlinable public func isInForce(_ now: Instant) -> Bool { now >= at && (until.map { now < $0 } ?? true) }
}

/// What can befall a node and its process.
public enum NodeFault: Sendable, Equatable {
  /// The process stands still: connections stay, what reaches it waits, its timers come late.
  case pause
  /// Its clock is ahead (negative: behind) by `offset` nanoseconds and gains `drift` nanoseconds a second.
  case clock(offset: Int64, drift: Int64)
  /// A second instance of the operator runs with its key, after a fail-over that was none. It signs each task too, and
  /// arrives at another result with this chance of 65,536.
  case keyDuplication(chance: UInt32)
  /// Its software computes a wrong result in these services (nil: in all), the same on all nodes that it is on.
  case faultySoftware([ServiceID]?)
  /// Its upload is limited to this rate, all its links together.
  case throttle(Bandwidth)
  /// Its RPC to the chain takes so much longer, either way: it hears of tasks late, and what it sends arrives late.
  case rpcDelay(TimeSpan)

  /// The name in files.
  public var name: String {
    switch self {
    case .pause: "pause"
    case .clock: "clock"
    case .keyDuplication: "keyDuplication"
    case .faultySoftware: "faultySoftware"
    case .throttle: "throttle"
    case .rpcDelay: "rpcDelay"
    }
  }
}

extension Fault {
  /// What it adds to the delay of the node's RPC.
  public func rpcExtra(_ node: NodeID) -> TimeSpan {
    if case .node(let nodes, .rpcDelay(let more)) = kind, nodes.contains(node) { more } else { .zero }
  }
}

extension LinkFault {
  /// The name in files.
  var name: String {
    switch self {
    case .cut: "cut"
    case .delay: "latency"
    case .loss, .someLoss: "loss"
    case .bursts: "burstLoss"
    case .jitter: "jitter"
    case .rate: "bandwidth"
    case .uplink: "throttle"
    case .duplicate: "duplicate"
    case .reorder: "reorder"
    case .damage(_, .corrupted): "corrupt"
    case .damage(_, .truncated): "truncate"
    case .flap: "flap"
    case .hold: "hold"
    case .clog: "clog"
    case .nothing: "nothing"
    }
  }
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
