// One run in virtual time: traffic by the event engine, then the chain alone until nothing is left to decide.

public import Basics
import Network
public import Reporting
public import Runs
import Participants
public import Gossip

/// A deterministic simulation of a blueprint: same blueprint, same events, same digest.
public struct Simulation: EngineRun, ~Copyable {
  private var engine: Engine<World>
  public let blueprint: Blueprint
  /// What had been counted when the warm-up was over.
  private var warmup: PopulationTotals.Warmup?

  /// - Throws: `SchemeUnavailable`, `CoordinatorConfigurationError`.
  public init(_ blueprint: Blueprint) throws {
    self.blueprint = blueprint
    let links = blueprint.makeLinks()
    let slots = links.slots
    let world = try World(blueprint, linkSlots: slots)
    let network = EventNetwork(
      links: links,
      inputs: blueprint.deployment.nodes.count + 1
        + (blueprint.processCosts == nil ? 0 : slots + blueprint.deployment.nodes.count),
      bucketBits: blueprint.bucketBits)
    engine = Engine(world, network)
    let worldSlot = Int(engine.population.worldSlot)
    for (index, fault) in blueprint.faults.enumerated() {
      engine.network.schedule(at: fault.at, slot: worldSlot, payload: World.Input.faultBegins.payload(index))
      if let until = fault.until {
        engine.network.schedule(at: until, slot: worldSlot, payload: World.Input.faultEnds.payload(index))
      }
    }
    if let first = engine.population.participants.schedule.tasks.first {
      engine.network.schedule(at: first.due, slot: worldSlot, payload: World.Input.taskDue.payload(0))
    }
    engine.network.schedule(
      at: .zero + blueprint.sampleEvery, slot: worldSlot, payload: World.Input.sample.payload(0))
    engine.population.start(&engine.network)
  }

  public var faultRows: [FaultRow] { engine.population.record.faultRows }

  /// The present instant of the traffic.
  public var now: Instant { engine.now }
  /// Events handled so far.
  public var events: UInt64 { engine.events }
  /// The same, window by window.
  public var traceWindows: [TraceDigest.Window] { engine.digest.history }
  public var firstBreach: Breach? { engine.population.record.firstBreach }
  /// Sixteen hexadecimal digits over every event so far.
  public var digest: String { engine.digest.description }

  /// What the routers counted so far.
  public var counters: Counters { engine.population.participants.router.counters }
  /// Links that are open now.
  public var openLinks: Int {
    let slots = UInt32(engine.network.links.slots)
    return (0..<slots).count { engine.population.participants.router.isConnected(slot: $0) } / 2
  }

  /// The peers in the node's mesh of a service's topic, in the order of its links.
  public func mesh(of node: NodeID, in service: ServiceID) -> [NodeID] {
    engine.population.participants.router.mesh(node, TopicID(service.index)).map {
      engine.population.participants.router.neighbor($0)
    }
  }

  /// Moves traffic forward; nothing happens at or after `blueprint.trafficEnd`.
  public mutating func run(until limit: Instant) {
    let end = min(limit, blueprint.trafficEnd)
    let measured = Instant.zero + blueprint.deployment.warmup
    if warmup == nil, end >= measured {
      engine.run(until: measured)
      warmup = PopulationTotals.Warmup(totals, at: measured)
    }
    engine.run(until: end)
  }

  /// What participants counted so far.
  private var totals: PopulationTotals {
    var totals = PopulationTotals()
    totals.measures = engine.population.participants.measures
    totals.counters = engine.population.participants.router.counters
    totals.loads = blueprint.deployment.nodes.indices.map {
      engine.population.participants.load(NodeID($0), at: engine.now)
    }
    totals.warmup = warmup
    return totals
  }

  /// After the traffic: lets the chain go on, event by event, until nothing is left to decide or `settle` is over.
  /// Returns the instant of the last event.
  public mutating func settle() -> Instant {
    let end = blueprint.trafficEnd + blueprint.settle
    var last = engine.now
    engine.population.takeSample(engine.now)
    engine.population.lookAtScores(engine.now)
    while let next = engine.population.nextSettling, next <= end, firstBreach == nil {
      last = max(next, last)
      engine.population.settle(to: last)
    }
    return last
  }

  /// Rows that became final since the last call.
  public mutating func takeRows() -> FreshRows {
    var rows = engine.population.record.takeRows()
    let scores = engine.population.scores.take()
    rows.scores = scores.changes.map { ScoreRow($0) }
    rows.scoreMoves = scores.moves.map { ScoreMoveRow($0) }
    return rows
  }

  /// What the run amounts to, as of now.
  public mutating func conclude(_ settledAt: Instant) -> Conclusion {
    var conclusion = engine.population.record.conclude(
      blueprint, totals, engine.population.coordinator, digest: digest, at: engine.now, settledAt: settledAt)
    conclusion.trace = traceWindows.map {
      TraceWindowRow(window: $0.index, events: $0.events, digest: TraceDigest.text($0.digest))
    }
    return conclusion
  }
}
