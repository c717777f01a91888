// The end of a run, the same for both engines: what the participants counted, what the record holds and what the chain
// says, brought into the summary's form and the tables' rows.

import AVS
public import Basics
import Contracts
public import Gossip
import Network
public import Participants
public import Reporting
import Risk

/// What participants counted, summed over the processes of a run.
public struct PopulationTotals: Sendable {
  public var measures = Measures()
  public var counters = Counters()
  /// By node: busy CPU time of its host and that host's cores.
  public var loads: [(busyNanoseconds: UInt64, cores: Int)] = []
  /// What the process did that hosts all nodes; nil in virtual time, and when there are several.
  public var process: RunSummary.Process?
  /// What had been counted when the warm-up was over: not measured. Nil: it is not over.
  public var warmup: Warmup?
  public init() {}

  /// Counts at the end of the warm-up.
  public struct Warmup: Sendable {
    public var at: Instant
    public var counters: Counters
    public var queueDrops: UInt64
    /// By node.
    public var busyNanoseconds: [UInt64]

    public init(_ totals: PopulationTotals, at: Instant) {
      self.at = at
      counters = totals.counters
      queueDrops = totals.measures.queueDrops
      busyNanoseconds = totals.loads.map(\.busyNanoseconds)
    }
  }
}

/// Everything that is written at the end.
public struct Conclusion: Sendable {
  public var summary: RunSummary
  public var accuracy: SlashAccuracy
  public var offences: [OffenceRecord]
  public var slashes: [SlashRecord]
  public var forks: [ForkRow]
  public var tasks: [TaskRow]
  public var attestations: [AttestationRow]
  public var propagation: Histogram
  public var quorum: Histogram
  public var certificate: Histogram
  /// The trace's fingerprint, window by window; empty where there is none.
  public var trace: [TraceWindowRow] = []
}

extension Record {
  /// Brings the run to its end.
  ///
  /// - Parameters:
  ///   - at: the end of traffic.
  ///   - settledAt: the chain's last instant.
  public func conclude(
    _ blueprint: Blueprint, _ totals: PopulationTotals, _ coordinator: Coordinator, digest: String?,
    at: Instant,
    settledAt: Instant
  ) -> Conclusion {
    horizon = at
    trafficEnd = blueprint.trafficEnd
    closeAudit()
    endFaults(by: settledAt)
    settleAll()
    addLivenessOffences(settledAt)
    addLateOffences()
    spanWindows()
    explainOffences()
    explainSlashes(at: settledAt)
    fillDues(coordinator)
    let accuracy = SlashAccuracy(offences: offences, slashes: slashes, populations: populations())
    var summary = RunSummary(name: blueprint.name, engine: blueprint.engine, seed: blueprint.deployment.seed)
    summary.virtualSeconds = at.seconds
    summary.traceDigest = digest
    summary.nodes = deployment.nodes.count
    summary.operators = blueprint.chain.operators.count
    summary.services = deployment.services.count
    summarizeTasks(&summary)
    summarizeAttestations(&summary)
    summary.process = totals.process
    summary.latency.propagation = LatencySummary(totals.measures.propagation)
    summary.latency.quorum = LatencySummary(quorumWaits)
    summary.latency.certificate = LatencySummary(certificateWaits)
    summarizeGossip(&summary, totals, at)
    summarizeLoad(&summary, totals, at)
    summary.slashing = accuracy
    summary.chain = chain.concluded(dropped: coordinator.droppedTransactions, undone)
    summarizeStake(&summary, coordinator)
    summarizeRisk(&summary, blueprint)
    let challenges = coordinator.challengeTotals
    summary.challenges.forfeitedWei = challenges.forfeited
    summary.challenges.turnedAway = challenges.turnedAway
    if rules.contains(where: { $0.contains { $0.fork != nil } }) { summary.forks = RunSummary.Forks(forks) }
    summary.sybils = sybils?.summary(count: deployment.swarms.reduce(0) { $0 + $1.nodes.count })
    concludeEconomy(&summary, coordinator, settledAt: settledAt)
    summary.faults = faultRows.map {
      RunSummary.Fault(at: $0.at, healedAt: $0.healedAt, kind: $0.kind, place: $0.place)
    }
    summary.checks = checks(blueprint, totals, coordinator, settledAt)
    return Conclusion(
      summary: summary, accuracy: accuracy, offences: offences, slashes: slashes, forks: forks,
      tasks: taskRows(),
      attestations: attestationRows(), propagation: totals.measures.propagation, quorum: quorumLatency,
      certificate: certificateLatency)
  }

  private func summarizeTasks(_ summary: inout RunSummary) {
    for (task, outcome) in zip(schedule.tasks, tasks) where isMeasured(task.due) && task.due <= horizon {
      summary.tasks.issued += 1
      if outcome.certifiedAt == nil {
        if isOpen(task, outcome) { summary.tasks.open += 1 } else { summary.tasks.missed += 1 }
      } else if outcome.isWrong {
        summary.tasks.wrong += 1
      } else {
        summary.tasks.certified += 1
      }
    }
  }

  /// Whether a run that was ended early left the task undecided: its window is open, or its certificate on its way.
  private func isOpen(_ task: ScheduledTask, _ outcome: TaskOutcome) -> Bool {
    horizon < trafficEnd && outcome.certifiedAt == nil && (task.deadline > horizon || outcome.quorumAt != nil)
  }

  private func summarizeAttestations(_ summary: inout RunSummary) {
    for (index, task) in schedule.tasks.enumerated() where isMeasured(task.due) && task.due <= horizon {
      let members = deployment.services[task.service.index].members.count
      for member in 0..<members {
        let duty = duties[Int(schedule.dutyBase[index]) + member]
        summary.attestations.due += 1
        if duty.publishedAt != .max { summary.attestations.signed += 1 }
        if duty.collectedAt != .max { summary.attestations.onTime += 1 }
      }
    }
    summary.attestations.certified = certifiedAttestations
    summary.attestations.firstDeliveries = firstDeliveries
    summary.attestations.expectedDeliveries = expectedDeliveries
    summary.attestations.unreachableDeliveries = unreachableDeliveries
    // A run that was ended early is measured as long as it lasted.
    let end = min(horizon, .zero + deployment.duration)
    let seconds = end > .zero + deployment.warmup ? (end - (.zero + deployment.warmup)).seconds : 0
    if seconds > 0 { summary.attestations.perSecond = Double(certifiedAttestations) / seconds }
  }

  private func summarizeGossip(_ summary: inout RunSummary, _ totals: PopulationTotals, _ at: Instant) {
    guard let start = totals.warmup else { return }
    /// Counted since the warm-up was over.
    func since(_ key: KeyPath<Counters, UInt64>) -> Int {
      // A process that came again after a kill has counted from zero.
      Int(max(totals.counters[keyPath: key], start.counters[keyPath: key]) - start.counters[keyPath: key])
    }
    summary.gossip.messageCopies = since(\.copiesReceived)
    if summary.gossip.messageCopies > 0 {
      summary.gossip.duplicateRatio = Double(since(\.duplicates)) / Double(summary.gossip.messageCopies)
    }
    summary.gossip.ihave = since(\.ihave)
    summary.gossip.iwant = since(\.iwant)
    summary.gossip.graft = since(\.graft)
    summary.gossip.prune = since(\.prune)
    summary.gossip.idontwant = since(\.idontwant)
    summary.gossip.invalid = since(\.invalid) + since(\.rejected) + since(\.refused)
    summary.gossip.brokenPromises = since(\.promisesBroken)
    summary.gossip.ihaveRefused = since(\.ihaveOverLimit) + since(\.ihaveIdentifiersOverLimit)
    summary.gossip.iwantRefused = since(\.iwantExhausted)
    summary.gossip.graftRefused = since(\.graftInBackoff)
    summary.gossip.graylistings = since(\.graylistings)
    summary.gossip.bytesSent = since(\.bytesSent)
    if at > start.at, !deployment.nodes.isEmpty {
      summary.gossip.bytesPerNodePerSecond =
        Double(summary.gossip.bytesSent) / Double(deployment.nodes.count) / (at - start.at).seconds
    }
  }

  private func summarizeLoad(_ summary: inout RunSummary, _ totals: PopulationTotals, _ at: Instant) {
    var operatorNodes: Set<NodeID> = []
    var served = Array(repeating: 0, count: deployment.nodes.count)
    for service in deployment.services {
      for member in service.members {
        operatorNodes.insert(member)
        served[member.index] += 1
      }
    }
    if let start = totals.warmup, at > start.at {
      summary.load.setUtilisation(
        operatorNodes.sorted().compactMap { node in
          guard node.index < totals.loads.count, totals.loads[node.index].cores > 0 else { return nil }
          let load = totals.loads[node.index]
          let before = node.index < start.busyNanoseconds.count ? start.busyNanoseconds[node.index] : 0
          let busy = max(load.busyNanoseconds, before) - before
          return Double(busy) / (Double((at - start.at).nanoseconds) * Double(load.cores))
        })
      summary.load.queueDrops = Int(max(totals.measures.queueDrops, start.queueDrops) - start.queueDrops)
    }
    var due = Array(repeating: 0, count: deployment.nodes.count)
    var failed = due
    for (index, task) in schedule.tasks.enumerated() where isMeasured(task.due) && task.due <= horizon {
      for (member, node) in deployment.services[task.service.index].members.enumerated() {
        let duty = duties[Int(schedule.dutyBase[index]) + member]
        due[node.index] += 1
        if duty.collectedAt == .max {
          failed[node.index] += 1
          let miss = DutyMiss(rawValue: duty.miss)
          if duty.publishedAt != .max || miss == .late || miss == .delayed || miss == .skewed {
            summary.load.lateAttestations += 1
          }
        }
      }
    }
    for count in Set(operatorNodes.map { served[$0.index] }).sorted() {
      let group = operatorNodes.filter { served[$0.index] == count }
      let owed = group.reduce(0) { $0 + due[$1.index] }
      let missed = group.reduce(0) { $0 + failed[$1.index] }
      summary.load.byOperatorServices.append(
        .init(
          services: count, operators: group.count, lateRatio: owed == 0 ? nil : Double(missed) / Double(owed))
      )
    }
  }

  private func summarizeStake(_ summary: inout RunSummary, _ coordinator: Coordinator) {
    let stake = coordinator.stakeTotals()
    summary.stake.depositedWei = stake.deposited
    summary.stake.restakedWei = stake.restaked
    summary.stake.slashedWei = stake.burned + stake.redistributed + stake.slashedPending
    summary.stake.withdrawnWei = stake.withdrawn
    summary.stake.queuedWei = stake.queued
    summary.stake.lostWei = stake.lost
    summary.stake.conserved = checkers.breaches[Checkers.stake] == nil
    let rewards = coordinator.rewardTotals
    summary.rewards.submittedWei = rewards.submitted
    summary.rewards.paidWei = rewards.claimed
    summary.rewards.unclaimedWei = rewards.unclaimed
    summary.rewards.curatorsWei = rewards.curators
    summary.rewards.dustWei = rewards.dust
    summary.rewards.refundedWei = rewards.refunded
    summary.rewards.operatorsWei = rewards.operators
    summary.rewards.stakersWei = rewards.stakers
    summary.rewards.conserved =
      rewards.isConserved && rewards.claimed <= rewards.paid
  }

  /// Concentration of the stake that operators began with. What the stake graph says is in `concludeEconomy`.
  private func summarizeRisk(_ summary: inout RunSummary, _ blueprint: Blueprint) {
    let stakes = blueprint.nodeRows.map(\.stakeWei).filter { $0 > 0 }
    let concentration = Concentration(stakes)
    summary.risk.hhi = concentration.hhi
    summary.risk.nakamoto33 = concentration.nakamoto(1, 3)
    summary.risk.nakamoto67 = concentration.nakamoto(2, 3)
  }

  /// Brings the checkers to their end, and tells what each found.
  private func checks(
    _ blueprint: Blueprint, _ totals: PopulationTotals, _ coordinator: Coordinator, _ settledAt: Instant
  ) -> [RunSummary.Check] {
    checkers.judgeObjective(slashes) { slash in
      let key = OffenceKey(
        operatorID: slash.operatorID, service: slash.service, offence: slash.offenceClass, key: slash.key)
      // What holders decide no contract has convinced itself of.
      return offenceIndex[key] != nil
        || rules[slash.service.index].contains { $0.offence == slash.offenceClass && $0.fork != nil }
    }
    checkers.closeSigners { task, member in
      // In a cluster a foreign peer may stand in for a node, and tells us nothing of what it did.
      if blueprint.engine != "simulator" { return true }
      let index = Int(schedule.dutyBase[task.index]) + member
      // Past the deadline counts too: an aggregator whose clock is behind takes it, and the chain may.
      return duties[index].publishedAt != .max || duties[index].miss == DutyMiss.delayed.rawValue
    }
    checkers.close(horizon: horizon, duration: deployment.duration, settledAt: settledAt)
    let progress = judgeProgress(blueprint, totals, coordinator)
    checkers.judgeAccounts(slashes, borne: economy.borne, holdings: economy.accounts.count)
    return checkers.list(progress: progress)
  }

  private func taskRows() -> [TaskRow] {
    schedule.tasks.indices.prefix { schedule.tasks[$0].due <= horizon }.map {
      taskRow($0, undecided: isOpen(schedule.tasks[$0], tasks[$0]) ? .open : .missed)
    }
  }

  /// The row of a task as it stands, with the state it has while no certificate is included.
  func taskRow(_ index: Int, undecided: Reporting.TaskState) -> TaskRow {
    let (task, outcome) = (schedule.tasks[index], tasks[index])
    let state: Reporting.TaskState =
      outcome.certifiedAt == nil ? undecided : outcome.isWrong ? .wrong : .certified
    return TaskRow(
      id: TaskID(index), service: task.service, due: task.due, deadline: task.deadline, state: state,
      quorumAt: outcome.quorumAt, certificateAt: outcome.certifiedAt, signedBips: outcome.signedBips)
  }

  private func attestationRows() -> [AttestationRow] {
    schedule.tasks.indices.prefix { schedule.tasks[$0].due <= horizon }.flatMap { attestationRows($0) }
  }

  /// The rows of a task's duties as they stand.
  func attestationRows(_ index: Int) -> [AttestationRow] {
    let task = schedule.tasks[index]
    return deployment.services[task.service.index].members.enumerated().map { member, node in
      let duty = duties[Int(schedule.dutyBase[index]) + member]
      let published = duty.publishedAt == .max ? nil : Instant(nanoseconds: duty.publishedAt)
      let collected = duty.collectedAt == .max ? nil : Instant(nanoseconds: duty.collectedAt)
      return AttestationRow(
        task: TaskID(index), operatorID: node, publishedAt: published, receivedAt: collected,
        onTime: collected != nil, expected: Int(duty.expected), receivedBy: Int(duty.received),
        cause: cause(duty, task, node))
    }
  }

  private func cause(_ duty: Duty, _ task: ScheduledTask, _ node: NodeID) -> Reporting.MissCause? {
    if duty.collectedAt != .max { return nil }
    if duty.publishedAt != .max {
      let published = Instant(nanoseconds: duty.publishedAt)
      let aggregators = deployment.services[task.service.index].aggregators
      let cutOff = availability.partitions(from: published, until: task.deadline).contains { partition in
        aggregators.allSatisfy { !partition.passes(node, to: $0) }
      }
      return cutOff ? .partitioned : .late
    }
    return switch DutyMiss(rawValue: duty.miss) {
    case .silent: .silent
    case .crashed: .crashed
    case .overloaded: .overloaded
    case .late, .delayed: .late
    case .skewed: .clock
    // A process that was killed told nothing; work that still waits for a core when the run ends is told of by nobody either.
    case nil:
      if !availability.ran(node, from: task.due, until: task.deadline) {
        .crashed
      } else {
        deployment.nodes[node.index].cores > 0 ? .overloaded : nil
      }
    }
  }
}
