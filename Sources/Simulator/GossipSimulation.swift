// One gossip-only run in virtual time: the face of `GossipWorld`.

public import Basics
public import Gossip
import Network

/// A deterministic simulation of routers and Sybils alone: same setup, same events, same digest.
public struct GossipSimulation: ~Copyable {
  private var engine: Engine<GossipWorld>
  public let setup: GossipSetup

  /// Requires parameters without violations, distinct pairs in the edges, and nodes that exist.
  public init(_ setup: GossipSetup) {
    self.setup = setup
    let nodes = setup.routers + setup.strangers.count
    precondition(
      setup.starts.isEmpty || setup.starts.count == nodes, "\(setup.starts.count) starts for \(nodes) nodes")
    let links = LinkTable(
      nodes: nodes, edges: setup.edges + setup.potentialEdges, conditions: setup.conditions,
      uplinks: setup.uplinks, seed: setup.seed)
    let rate = setup.traffic.reduce(0.0) { $0 + 1 / max($1.every.seconds, 1e-6) }
    let inputs = nodes + links.slots + 1
    let world = GossipWorld(setup, links: links)
    let network = EventNetwork(
      links: links, inputs: inputs,
      bucketBits: EventQueue.bucketBits(eventsPerSecond: rate * Double(nodes * setup.parameters.degree)))
    engine = Engine(world, network)
    engine.population.begin(&engine.network)
  }

  /// The present instant.
  public var now: Instant { engine.now }
  /// Events handled so far.
  public var events: UInt64 { engine.events }

  /// Memory of the routers' own state: links, meshes, backoffs, caches, scores. Bytes.
  public var stateBytes: Int { engine.population.router.storageBytes.state }

  /// Sixteen hexadecimal digits over every event so far.
  public var digest: String { engine.digest.description }

  /// Moves on; nothing happens at or after `setup.end`.
  public mutating func run(until limit: Instant) { engine.run(until: min(limit, setup.end)) }

  /// What was measured up to now.
  public mutating func measures() -> GossipMeasures {
    var measures = engine.population.conclude(engine.now, engine.network.links)
    measures.events = engine.events
    measures.digest = engine.digest.value
    return measures
  }

  /// What happened to scores since it was asked last; at the end, when `GossipSetup.observesScores` is off, who is
  /// graylisted. Cost at the end: the score of every link.
  public mutating func takeScores(isLast: Bool = false) -> (changes: [ScoreChange], moves: [ScoreMoveNote]) {
    engine.population.lookAtScores(engine.now, isLast: isLast)
    return engine.population.scores.take()
  }

  /// Runs the whole setup.
  public static func run(_ setup: GossipSetup) -> GossipMeasures {
    var simulation = GossipSimulation(setup)
    simulation.run(until: setup.end)
    return simulation.measures()
  }
}
