// What a scenario says about a link, before any draw: latency law, jitter law, bandwidth with its queue, loss.

public import Basics

/// A transmission rate with a finite queue before it.
public struct Bandwidth: Hashable, Sendable, BitwiseCopyable {
  /// Bits per second, above zero.
  public var bitsPerSecond: UInt64
  /// Bytes that may wait or be in transmission when another message comes; a message that would exceed them is
  /// dropped. An idle sender takes a message of any size.
  public var queueBytes: UInt64

  public init(bitsPerSecond: UInt64, queueBytes: UInt64 = .max) {
    self.bitsPerSecond = bitsPerSecond
    self.queueBytes = queueBytes
  }

  public func validate() throws(LinkConditionsError) {
    if bitsPerSecond == 0 { throw .bandwidthZero }
  }

  /// Nanoseconds that `bytes` take, rounded up. At most 2^31 bytes.
  @inlinable func transmission(_ bytes: Int) -> UInt64 {
    precondition(bytes >= 0 && bytes <= 1 << 31, "message of \(bytes) bytes")
    let work = UInt64(bytes) * 8_000_000_000
    let time = work / bitsPerSecond
    return time * bitsPerSecond == work ? time : time + 1
  }

  /// The queue's length in nanoseconds of transmission.
  var queueNanoseconds: UInt64 {
    let work = queueBytes.multipliedFullWidth(by: 8_000_000_000)
    if work.high >= bitsPerSecond { return .max }
    return bitsPerSecond.dividingFullWidth(work).quotient
  }
}

/// The conditions of one or many links.
public struct LinkConditions: Hashable, Sendable, BitwiseCopyable {
  /// Drawn once per undirected link.
  public var latency: LatencyLaw
  /// Drawn for every transmission and added to the latency; the sum is never below zero. Nil: none.
  public var jitter: LatencyLaw?
  /// Of each direction by itself. Nil: unlimited.
  public var bandwidth: Bandwidth?
  /// Share of transmissions that vanish, 0 ... 1, independently of each other.
  public var loss: Double

  public init(
    latency: LatencyLaw, jitter: LatencyLaw? = nil, bandwidth: Bandwidth? = nil, loss: Double = 0
  ) {
    self.latency = latency
    self.jitter = jitter
    self.bandwidth = bandwidth
    self.loss = loss
  }

  /// Refuses values without meaning; a loader names file and key around the error.
  public func validate() throws(LinkConditionsError) {
    try latency.validate()
    if let jitter { try jitter.validate() }
    if let bandwidth { try bandwidth.validate() }
    if !(loss >= 0 && loss <= 1) { throw .lossShare(loss) }
  }
}

/// Conditions that no link can have.
public enum LinkConditionsError: Error, Equatable, CustomStringConvertible {
  /// The lower bound lies above the upper one, or the upper one above 36 years.
  case uniformBounds(low: TimeSpan, high: TimeSpan)
  /// Not in 0 ... 20.
  case lognormalSigma(Double)
  /// Not in 0 ..< 1000, zero excluded.
  case paretoShape(Double)
  /// Nothing would ever arrive; a cut link is a fault, not a bandwidth.
  case bandwidthZero
  /// Not in 0 ... 1.
  case lossShare(Double)

  public var description: String {
    switch self {
    case .uniformBounds(let low, let high):
      "uniform latency from \(low) to \(high): bounds are reversed or too large"
    case .lognormalSigma(let sigma): "lognormal sigma \(sigma): allowed is 0 to 20"
    case .paretoShape(let shape): "Pareto shape \(shape): allowed is above 0, up to 1000"
    case .bandwidthZero: "bandwidth 0: allowed is 1 bit/s and more"
    case .lossShare(let share): "loss \(share): allowed is 0 to 1"
    }
  }
}

/// One undirected link, by the index of its conditions in a list (a region pair, a link class).
public struct LinkEdge: Hashable, Sendable, BitwiseCopyable {
  public var a: NodeID
  public var b: NodeID
  public var conditions: UInt32

  public init(_ a: NodeID, _ b: NodeID, conditions: Int = 0) {
    self.a = a
    self.b = b
    self.conditions = UInt32(conditions)
  }
}
