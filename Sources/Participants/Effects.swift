// All effects of one input, appended to one buffer that the driver owns, empties and hands in again.

public import Basics
public import Contracts
public import Gossip

/// A wake-up that a participant asks for.
public struct TimerRequest: Sendable, BitwiseCopyable {
  public var node: NodeID
  public var at: Instant
  public var timer: WakeUp
}

/// What a wake-up is for: four bits of kind and 28 of an index, so that it fits an event's payload.
public struct WakeUp: Sendable, BitwiseCopyable, Equatable {
  public enum Kind: UInt32, Sendable {
    /// The router's heartbeat. Index: the node's incarnation, so that a restarted node has one heart.
    case heartbeat = 0
    /// A job on the CPU is complete. Index: job.
    case job
    /// The node hears of a task from the chain. Index: task.
    case announcement
    /// An aggregator's turn to submit a certificate. Index: tally.
    case certificate
    /// A delayed publication is due. Index: job.
    case publication
    /// The node sees that the chain undid a transaction of its own and that nobody has it. Index: `Resubmitting`.
    case undone
  }
  public var rawValue: UInt32

  public init(_ kind: Kind, _ index: UInt32) {
    precondition(index < 1 << 28, "wake-up index \(index) needs more than 28 bits")
    rawValue = kind.rawValue << 28 | index
  }
  public init(rawValue: UInt32) { self.rawValue = rawValue }
  /// Nil for bits that no participant wrote.
  public var kind: Kind? { Kind(rawValue: rawValue >> 28) }
  public var index: UInt32 { rawValue & 0x0FFF_FFFF }
}

/// A claim on its way from a node to the chain.
public struct Submission: Sendable {
  public var node: NodeID
  public var body: Transaction.Body

  public init(node: NodeID, body: Transaction.Body) {
    self.node = node
    self.body = body
  }
}

/// The effects of handling one input.
public struct Effects: ~Copyable {
  /// Gossip to send now.
  public var outbox: Outbox
  public var timers: Table<TimerRequest>
  /// To reach the chain after the node's RPC delay.
  public var submissions: [Submission]
  public var facts: Table<Fact>

  public init() {
    outbox = Outbox()
    timers = Table(capacity: 64)
    submissions = []
    facts = Table(capacity: 1_024)
  }

  mutating func wake(_ node: NodeID, at: Instant, _ kind: WakeUp.Kind, _ index: UInt32) {
    timers.append(TimerRequest(node: node, at: at, timer: WakeUp(kind, index)))
  }
}
