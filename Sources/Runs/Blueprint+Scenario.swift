// From a scenario to a blueprint.

import AVS
import Basics
import Contracts
import Gossip
import Network
import Participants
import Reporting
public import Scenarios
import Signatures

/// Why a scenario that reads well cannot run.
public struct BlueprintError: Error, CustomStringConvertible, Equatable {
  public var mistakes: [String]
  public var description: String { mistakes.joined(separator: "\n") }
}

extension Blueprint {
  /// Resolves all that the scenario leaves to its seed.
  ///
  /// - Throws: `BlueprintError` when parts of the scenario do not fit each other.
  public init(_ scenario: Scenario, engine: EngineChoice? = nil) throws(BlueprintError) {
    let plan = try Cast(scenario)
    let graph = try plan.graph(scenario)
    name = scenario.name
    self.engine = (engine ?? scenario.engine).rawValue
    settle = scenario.settle
    sampleEvery = scenario.observe.sampleEvery
    expectations = scenario.expect
    regions = scenario.network.regions?.names ?? []
    roles = plan.roles(graph)
    chain = plan.chain(scenario)
    let links = plan.links(scenario, graph)
    edges = links.edges
    conditions = links.conditions
    uplinks = links.uplinks
    faults = []
    faultPlaces = []
    deployment = Deployment(
      seed: scenario.seed, nodes: plan.nodes(scenario, graph), services: plan.services(scenario), offsets: [],
      neighbors: [], reverse: [], outbound: [], gossip: Parameters(scenario.network.gossip),
      scheme: scenario.crypto.scheme, mode: scenario.crypto.mode, costs: SignatureCosts(scenario.crypto),
      receiveCost: .zero, rpcDelay: LatencyLaw(scenario.chain.rpcDelay),
      inclusionDelay: LatencyLaw(scenario.chain.inclusion), duration: scenario.duration,
      warmup: scenario.warmup, misconduct: plan.misconduct(scenario))
    let mistakes =
      chain.validate() + deployment.gossip.violations.map { "network.gossip: \($0)" }
    guard mistakes.isEmpty else { throw BlueprintError(mistakes: mistakes) }
    fillSlots()
    let resolved = plan.faults(scenario, graph)
    faults = resolved.map(\.fault)
    faultPlaces = resolved.map(\.place)
  }

  /// Copies the links' slots into the deployment. The end named first in an edge dialed.
  private mutating func fillSlots() {
    let table = makeLinks()
    deployment.offsets = (0...table.nodes).map { UInt32(table.offset($0)) }
    deployment.neighbors = (0..<table.slots).map { NodeID(table.neighbor($0)) }
    deployment.reverse = (0..<table.slots).map { UInt32(table.reverse($0)) }
    var dialed: Set<UInt64> = []
    for edge in edges { dialed.insert(UInt64(edge.a.rawValue) << 32 | UInt64(edge.b.rawValue)) }
    deployment.outbound = (0..<table.slots).map { slot in
      dialed.contains(UInt64(table.owner(slot)) << 32 | UInt64(table.neighbor(slot)))
    }
  }
}

extension Parameters {
  init(_ plan: GossipPlan) {
    self.init()
    degree = plan.d
    degreeLow = plan.dLow
    degreeHigh = plan.dHigh
    degreeOutbound = plan.dOut
    degreeLazy = plan.dLazy
    heartbeatInterval = plan.heartbeat
    cacheWindows = plan.mcacheLength
    gossipWindows = plan.gossipWindows
    gossipFactor = plan.gossipFactor.fraction
    floodPublish = plan.floodPublish
    fanoutLife = plan.fanoutTTL
    seenLife = plan.seenTTL
    pruneBackoff = plan.pruneBackoff
    unsubscribeBackoff = plan.unsubscribeBackoff
    ihaveIdentifiersMaximum = plan.maxIHaveLength
    ihaveMessagesMaximum = plan.maxIHaveMessages
    retransmissionsMaximum = plan.gossipRetransmission
    promiseLife = plan.iwantFollowup
    rpcBytesMaximum = Int(plan.maxTransmitSize.bytes)
  }
}

extension SignatureCosts {
  init(_ plan: CryptoPlan) {
    self = .standard(plan.scheme)
    if let sign = plan.sign { self.sign = sign }
    if let verify = plan.verify { self.verify = verify }
  }
}

extension LatencyLaw {
  init(_ plan: DelayPlan) {
    self =
      switch plan {
      case .constant(let span): .constant(span)
      case .uniform(let low, let high): .uniform(low: low, high: high)
      case .exponential(let mean): .exponential(mean: mean)
      case .normal(let mean, let deviation): .normal(mean: mean, deviation: deviation)
      case .lognormal(let median, let sigma): .lognormal(median: median, sigma: sigma)
      case .pareto(let least, let shape): .pareto(scale: least, shape: shape)
      }
  }
}
