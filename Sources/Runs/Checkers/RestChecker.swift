// What an engine that sees everything can look at between events.
//
//   mesh-symmetric-at-rest  when tasks have ended and no transmission of the run was lost, a node is in a peer's mesh
//                           exactly when the peer is in its own. What is lopsided must have been so for a while.
//   queues-bounded          no host's queue of work and no mempool is longer than its bound.

public import Basics
import Contracts
public import Gossip
import Participants

struct RestChecker {
  static let mesh = "mesh-symmetric-at-rest"
  static let queues = "queues-bounded"

  /// Lopsided links at the last look, and since when.
  private var lopsided: [(slot: UInt32, topic: TopicID, since: Instant)] = []
  private(set) var looks = 0
  private(set) var isLossless = true

  /// How long a link must be lopsided at least.
  static let patience = TimeSpan.seconds(2)

  mutating func look(
    _ links: [(slot: UInt32, topic: TopicID)], ends: [(NodeID, NodeID)], lost: UInt64, flight: TimeSpan,
    _ now: Instant, _ breaches: inout BreachList
  ) {
    // A request for a link and its answer may be on the road for as long as the slowest of the run.
    let patience = max(Self.patience, flight * 2)
    looks += 1
    isLossless = lost == 0
    guard isLossless else { return }
    let before = lopsided
    lopsided = links.map { link in
      let known = before.first { $0.slot == link.slot && $0.topic == link.topic }
      return (link.slot, link.topic, known?.since ?? now)
    }
    for (link, ends) in zip(lopsided, ends) where link.since + patience <= now {
      breaches.add(
        Self.mesh, link.since,
        "node \(ends.1.rawValue) is in the mesh of node \(ends.0.rawValue) for topic \(link.topic.rawValue) and does not know it"
      )
    }
  }
}

extension Record {
  /// Takes in what an engine sees at a sample.
  ///
  /// - Parameters:
  ///   - overfull: a host whose queue of work is longer than its bound.
  ///   - waiting: transactions in the mempool.
  public func look(
    _ now: Instant, overfull: (host: Int, pending: Int, bound: Int)?, waiting: Int
  ) {
    checkers.looksAtQueues += 1
    if let overfull {
      checkers.breaches.add(
        RestChecker.queues, now,
        "\(overfull.pending) jobs wait on host \(overfull.host), at most \(overfull.bound) may")
    }
    let capacity = checkers.books.configuration.chain.mempoolCapacity
    if waiting > capacity {
      checkers.breaches.add(
        RestChecker.queues, now, "\(waiting) transactions wait, at most \(capacity) may")
    }
  }

  /// Takes in how many jobs have found a full queue so far.
  public func look(_ now: Instant, queueDrops: UInt64) { checkers.note(queueDrops: queueDrops, now) }

  /// Takes in which links of the meshes are lopsided, when tasks have ended.
  ///
  /// - Parameters:
  ///   - ends: for each link the node whose mesh it is in, and the other.
  ///   - lost: transmissions that did not arrive, in the whole run.
  ///   - flight: the longest that a control RPC of the run was on its way.
  public func lookAtMesh(
    _ links: [(slot: UInt32, topic: TopicID)], ends: [(NodeID, NodeID)], lost: UInt64, flight: TimeSpan,
    _ now: Instant
  ) {
    checkers.lookAtMesh(links, ends, lost: lost, flight: flight, now)
  }
}

extension Checkers {
  fileprivate mutating func lookAtMesh(
    _ links: [(slot: UInt32, topic: TopicID)], _ ends: [(NodeID, NodeID)], lost: UInt64, flight: TimeSpan,
    _ now: Instant
  ) {
    rest.look(links, ends: ends, lost: lost, flight: flight, now, &breaches)
  }
}
