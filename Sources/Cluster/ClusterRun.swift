// One run on sockets in this process: every node, the chain and the record on one loop. The counterpart of the
// simulator's `Simulation`, with the same shape: traffic until its end, then the chain alone, then the conclusion.

public import Basics
internal import Participants
public import Runs
internal import Signatures
internal import UV

/// Why a cluster could not go on.
public enum ClusterError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Links that stand after the time allowed.
  case notConnected(links: Int, of: Int, seconds: Double)
  case system(String)

  public var description: String {
    switch self {
    case .notConnected(let links, let all, let seconds):
      "only \(links / 2) of \(all / 2) links stand after \(seconds) s"
    case .system(let reason): reason
    }
  }
}

/// A run of a blueprint over loopback sockets.
///
/// Protocol of use: `connect`, then `run(until:)` as often as wanted, `settle` unless interrupted, `conclude`, `close`.
public final class ClusterRun: EngineRun {
  public let blueprint: Blueprint
  private let loop: Loop
  private let host: NodeHost
  private let chain: ChainHost
  private var endedAt: Instant?

  /// - Throws: `SchemeUnavailable`, `CoordinatorConfigurationError`, `UVError`.
  public convenience init(_ blueprint: Blueprint) throws {
    let loop = try Loop()
    do { try self.init(blueprint, on: loop) } catch {
      loop.close()
      throw error
    }
  }

  init(_ blueprint: Blueprint, on loop: Loop) throws {
    self.blueprint = blueprint.onSockets
    self.loop = loop
    let hosting = Array(repeating: true, count: blueprint.deployment.nodes.count)
    host = try NodeHost(self.blueprint, hosting: hosting, on: loop)
    chain = try ChainHost(
      self.blueprint, verifier: host.participants.verifier, lifetime: host.participants.messageLifetime,
      nodes: host, on: loop)
    host.audience = self
  }

  /// Opens every socket, shakes every hand, and sets instant zero to now.
  ///
  /// - Throws: `ClusterError`, `UVError`.
  public func connect(limit: TimeSpan = .seconds(60)) throws {
    var ports = Array(repeating: UInt16(0), count: blueprint.deployment.nodes.count)
    for (node, port) in try host.listen() { ports[node.index] = port }
    host.connect(to: ports)
    guard loop.run(limit: limit, until: { host.transport.isConnected }) else {
      throw ClusterError.notConnected(
        links: host.transport.linksUp, of: host.transport.hostedSlots, seconds: limit.seconds)
    }
    let epoch = Loop.monotonicNanoseconds
    host.begin(at: epoch)
    chain.begin(at: epoch)
  }

  /// The present instant of the traffic.
  public var now: Instant { endedAt ?? min(host.now, blueprint.trafficEnd) }

  /// Lets traffic go on until `limit`, in real time; nothing happens at or after `blueprint.trafficEnd`.
  public func run(until limit: Instant) {
    let end = min(limit, blueprint.trafficEnd)
    while now < end { _ = loop.run(limit: end - now) { now >= end } }
    if now >= blueprint.trafficEnd { endTraffic() }
  }

  /// Ends the traffic before its time.
  public func endTraffic() {
    guard endedAt == nil else { return }
    let now = now
    chain.takeSample(now)
    endedAt = now
    host.end()
    chain.end()
  }

  /// Lets the chain go on, event by event, until nothing is left to decide or `settle` is over.
  public func settle() -> Instant {
    endTraffic()
    return chain.settle(from: now)
  }

  /// Rows that became final since the last call.
  public func takeRows() -> FreshRows { chain.takeRows() }

  /// What the run amounts to, as of now.
  public func conclude(_ settledAt: Instant) -> Conclusion {
    endTraffic()
    return chain.conclude(host.totals, at: now, settledAt: settledAt)
  }

  /// Gives every socket back. libuv confirms that nothing is left.
  public func close() {
    host.end()
    chain.end()
    loop.close()
  }
}

extension ClusterRun: NodeAudience {
  func happened(_ fact: Fact) { chain.note(fact) }
  func submitted(_ submission: Submission) { chain.submit(submission) }
  func everyLinkStands() {}
  func moved(_ node: NodeID, port: UInt16) {}
}

extension NodeHost {
  /// What the hosted nodes counted.
  var totals: PopulationTotals {
    var totals = PopulationTotals()
    totals.measures = participants.measures
    totals.counters = participants.router.counters
    totals.loads = blueprint.deployment.nodes.indices.map { participants.load(NodeID($0)) }
    return totals
  }
}

extension Blueprint {
  /// The blueprint with nothing charged twice: signatures that are computed take their own time.
  var onSockets: Blueprint {
    var copy = self
    copy.engine = "cluster"
    if deployment.mode == .real { copy.deployment.costs = SignatureCosts(sign: .zero, verify: .zero) }
    return copy
  }
}
