// From an attack file to the attack, and from what was measured to the summary's section.

import Basics
public import Reporting
public import Scenarios
public import Simulator
import Gossip

extension Attack {
  /// The attack that a file describes.
  public init(_ plan: AttackPlan) {
    self.init(plan.name)
    honest = plan.network.honest
    publishers = plan.network.publishers
    degree = plan.network.dials
    latency = plan.network.latency
    jitter = plan.network.jitter.fraction
    honestStart = .zero + plan.network.start
    rate = plan.traffic.rate.perSecond
    bytes = Int(plan.traffic.size.bytes)
    topics = plan.traffic.topics
    (warmup, run, cool) = (plan.traffic.warmup, plan.traffic.duration, plan.traffic.settle)
    gossipFactor = plan.defence.gossipFactor.fraction
    colocationWeight = plan.defence.colocationWeight
    opportunisticTicks = plan.defence.opportunisticTicks
    opportunisticThreshold = plan.defence.opportunisticThreshold
    switch plan.defence.scores {
    case .none, .evaluation: scores = .evaluation
    case .template: scores = .template
    case .recipe: scores = .recipe
    case .repaired: scores = .repaired
    }
    guard let plan = plan.sybils else { return }
    sybils = plan.count
    dials = plan.dials
    sybilStart = .zero + plan.start
    attacksFrom = .zero + plan.from
    sharingAddress = plan.sharingAddress
    target =
      switch plan.target {
      case .all: .all
      case .publishers: .publishers
      case .one: .one
      }
    switch plan.misconduct {
    case .silent: drops = 1
    case .degrade(let share): drops = share.fraction
    case .censorOne: (drops, censorsOne) = (0, true)
    case .starveOne: (drops, starvesOne) = (0, true)
    }
  }

  /// The defence that a file names.
  public static func defence(_ plan: AttackPlan) -> Defence {
    if plan.defence.version == .v1_0 { return .none }
    return plan.defence.scores == .none ? .flooding : .scores
  }

  /// Fills a summary with what a run of the attack measured. `setup` is what ran.
  public func summarise(_ measures: GossipMeasures, _ setup: GossipSetup, into summary: inout RunSummary) {
    let figures = figures(measures)
    func figure(_ name: String) -> Double? { figures[name].flatMap { $0.isNaN ? nil : $0 } }
    func ratio(_ name: String) -> Double? { figure(name).map { $0 / 100 } }
    let counters = measures.counters
    summary.nodes = setup.routers + setup.strangers.count
    summary.attestations.firstDeliveries = Int(measures.delivered)
    summary.attestations.expectedDeliveries = Int(measures.expected)
    summary.latency.propagation = LatencySummary(measures.latency)
    summary.gossip.messageCopies = Int(counters.copiesReceived)
    summary.gossip.duplicateRatio =
      counters.copiesReceived == 0 ? nil : Double(counters.duplicates) / Double(counters.copiesReceived)
    summary.gossip.ihave = Int(counters.ihave)
    summary.gossip.iwant = Int(counters.iwant)
    summary.gossip.graft = Int(counters.graft)
    summary.gossip.prune = Int(counters.prune)
    summary.gossip.idontwant = Int(counters.idontwant)
    summary.gossip.invalid = Int(counters.rejected)
    summary.gossip.bytesSent = Int(counters.bytesSent)
    summary.gossip.bytesPerNodePerSecond =
      Double(counters.bytesSent) / Double(setup.routers) / setup.end.seconds
    var attack = RunSummary.Attack()
    attack.messages = measures.published
    attack.incomplete = measures.incomplete
    attack.surroundedPeak = Int(figure("surroundedPeak") ?? 0)
    attack.sybilGrafts = Int(measures.strangerGrafts)
    if setup.parameters.score != nil {
      attack.honestGraylisted = figure("honestGraylisted").map { Int($0) }
      attack.sybilsGraylisted = figure("sybilsGraylisted").map { Int($0) }
      attack.sybilsGraylistedShare = ratio("sybilsGraylistedShare")
    }
    attack.sybilMeshShareBefore = ratio("sybilsBefore")
    attack.sybilMeshSharePeak = ratio("sybilsPeak")
    attack.sybilMeshShareEnd = ratio("sybilsEnd")
    attack.starvedMeshShareBefore = ratio("starvedBefore")
    attack.starvedMeshShareEnd = ratio("starvedEnd")
    attack.starvedDeliveryRatio = ratio("starvedDelivery")
    attack.starvedP99 = figure("starvedP99")
    attack.otherP99 = figure("otherP99")
    attack.victimDeliveryRatio = ratio("victimDelivery")
    attack.victimP99 = figure("victimP99")
    attack.fromVictimDeliveryRatio = ratio("fromVictim")
    attack.fromVictimP99 = figure("fromVictimP99")
    attack.worstWindowP99 = figure("worstWindowP99")
    attack.lastWindowP99 = figure("lastWindowP99")
    attack.meshRecovery = figure("recovery")
    attack.latencyRecovery = figure("latencyRecovery")
    attack.samples = measures.samples.map { sample in
      .init(
        at: sample.at, sybilMeshShare: sample.strangerShare,
        starvedMeshShare: starvesOne ? sample.watchedStrangerShare : nil, meanDegree: sample.meanDegree,
        surrounded: sample.surrounded)
    }
    summary.attack = attack
  }
}
