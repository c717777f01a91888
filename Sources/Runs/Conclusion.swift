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
  public init() {}
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
    settleAll()
    addLivenessOffences(settledAt)
    addLateOffences()
    explainOffences()
    explainSlashes(at: settledAt)
    fillDues(coordinator)
    let accuracy = SlashAccuracy(offences: offences, slashes: slashes)
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
    summary.latency.quorum = LatencySummary(quorumLatency)
    summary.latency.certificate = LatencySummary(certificateLatency)
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
    summary.faults = zip(blueprint.faults, blueprint.faultPlaces).filter { $0.0.at <= at }.map {
      fault, place in
      RunSummary.Fault(at: fault.at, healedAt: fault.until, kind: fault.name, place: place)
    }
    summary.checks = checks(blueprint, totals, coordinator, settledAt)
    return Conclusion(
      summary: summary, accuracy: accuracy, offences: offences, slashes: slashes, forks: forks,
      tasks: taskRows(),
      attestations: attestationRows(), propagation: totals.measures.propagation, quorum: quorumLatency,
      certificate: certificateLatency)
  }

  /// Offences that were never slashed are due what the rule takes of the stake that the chain shows now.
  private func fillDues(_ coordinator: Coordinator) {
    for k in offences.indices where offences[k].dueWei == 0 {
      let offence = offences[k]
      guard
        let rule = rules[offence.service.index].first(where: { $0.offence == offence.offenceClass }),
        let member = coordinator.memberIndex(of: offence.operatorID, in: offence.service)
      else { continue }
      let stake = coordinator.stake(of: offence.service).weights[member]
      switch rule.penalty {
      case .fixed(let wad), .proportional(let wad), .correlated(let wad, _, _):
        offences[k].dueWei = mulDiv(stake, UInt128(wad), 1_000_000_000_000_000_000)
      }
    }
  }

  private func summarizeTasks(_ summary: inout RunSummary) {
    for (task, outcome) in zip(schedule.tasks, tasks) where isMeasured(task.due) && task.due <= horizon {
      summary.tasks.issued += 1
      if outcome.certifiedAt == nil {
        summary.tasks.missed += 1
      } else if outcome.isWrong {
        summary.tasks.wrong += 1
      } else {
        summary.tasks.certified += 1
      }
    }
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
    let seconds = (Instant.zero + deployment.duration - (.zero + deployment.warmup)).seconds
    if seconds > 0 { summary.attestations.perSecond = Double(certifiedAttestations) / seconds }
  }

  private func summarizeGossip(_ summary: inout RunSummary, _ totals: PopulationTotals, _ at: Instant) {
    let counters = totals.counters
    summary.gossip.messageCopies = Int(counters.copiesReceived)
    if counters.copiesReceived > 0 {
      summary.gossip.duplicateRatio = Double(counters.duplicates) / Double(counters.copiesReceived)
    }
    summary.gossip.ihave = Int(counters.ihave)
    summary.gossip.iwant = Int(counters.iwant)
    summary.gossip.graft = Int(counters.graft)
    summary.gossip.prune = Int(counters.prune)
    summary.gossip.idontwant = Int(counters.idontwant)
    summary.gossip.invalid = Int(counters.invalid + counters.rejected + counters.refused)
    summary.gossip.brokenPromises = Int(counters.promisesBroken)
    summary.gossip.ihaveRefused = Int(counters.ihaveOverLimit + counters.ihaveIdentifiersOverLimit)
    summary.gossip.iwantRefused = Int(counters.iwantExhausted)
    summary.gossip.graftRefused = Int(counters.graftInBackoff)
    summary.gossip.graylistings = Int(counters.graylistings)
    summary.gossip.bytesSent = Int(counters.bytesSent)
    if at > .zero, !deployment.nodes.isEmpty {
      summary.gossip.bytesPerNodePerSecond =
        Double(counters.bytesSent) / Double(deployment.nodes.count) / at.seconds
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
    if at > .zero {
      summary.load.setUtilisation(
        operatorNodes.sorted().compactMap { node in
          guard node.index < totals.loads.count, totals.loads[node.index].cores > 0 else { return nil }
          let load = totals.loads[node.index]
          return Double(load.busyNanoseconds) / (Double(at.nanoseconds) * Double(load.cores))
        })
    }
    summary.load.queueDrops = Int(totals.measures.queueDrops)
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
      taskRow($0, undecided: .missed)
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
