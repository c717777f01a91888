// What participants count while they run: sums and histograms only, so that those of several processes add up.

public import Basics

/// Counters and latencies of the hosted nodes, after warm-up where it says so.
public struct Measures: Sendable, Equatable, Codable {
  /// From publication to first receipt, in nanoseconds, per (message, other subscriber); after warm-up.
  public var propagation = Histogram()
  /// Messages refused by the application: by a bad signature, a stranger's, a malformed or unknown content.
  public var rejected: UInt64 = 0
  /// Messages set aside without blame: too late, too early, or a further vote for a duty.
  public var ignored: UInt64 = 0
  /// Frames that reached a node while it was down.
  public var lostToDownNodes: UInt64 = 0
  /// Jobs refused by a full queue.
  public var queueDrops: UInt64 = 0
  /// Attestations made, by any hosted operator.
  public var signed: UInt64 = 0
  /// Signatures checked.
  public var verified: UInt64 = 0

  public init() {}

  public mutating func merge(_ other: Measures) {
    propagation.merge(other.propagation)
    rejected += other.rejected
    ignored += other.ignored
    lostToDownNodes += other.lostToDownNodes
    queueDrops += other.queueDrops
    signed += other.signed
    verified += other.verified
  }
}
