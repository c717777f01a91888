// What was due: for each offence, what its rule takes by the truth. Computed at the end, since only then is known who else was
// guilty, and in the order in which things are taken, since every slash leaves less for the next.
//
// - Stake: what the chain's table has for the operator at the offence's reference block (the task's, or the one at the end of
//   the window), less what rightful slashes executed since then were due. What is in that table is history; a slash that
//   punishes nothing lessens no due, and one that was missed lessens those alone that were missed after it.
// - Share: the rule's penalty, with the severity and the guilty of the truth, not with what the chain made of them. Guilty at
//   once are all who committed the class inside the rule's span and before the slash.
// - An offence that was never slashed is valued when its slash would have been executed: after dispute and veto windows.
// - Rounding: down, at each slash.
//
// Symbiotic vaults take their share of what was there at the offence, not of what is left, up to what is left (see `VaultBook`).

import AVS
import Basics
import Contracts
import Participants
import Reporting

/// The stake that an offence puts at risk, in wei.
struct ExposedStake: Equatable {
  /// In EigenLayer: each slash takes a share of what the last one left.
  var layer: UInt128 = 0
  /// In vaults that can be slashed: each slash takes a share of this, as long as there is any.
  var vaults: UInt128 = 0
}

/// Slashes of one operator's stake, as they should have been.
struct DueBook {
  private struct Entry {
    var block: BlockNumber
    var share: UInt64
    var vaults: UInt128
  }
  /// Rightful slashes that were executed, in order.
  private var executed: [Entry] = []
  /// Of the layer's stake, a WAD: what slashes that never came would have left.
  private var spared: UInt128 = wad
  private var sparedVaults: UInt128 = 0

  /// What slashes executed after block `reference` and up to `block` left of the stake at `reference`.
  private func left(_ stake: ExposedStake, after reference: BlockNumber, upTo block: BlockNumber)
    -> ExposedStake
  {
    let first = (executed.lastIndex { $0.block <= reference } ?? -1) + 1
    var left = stake
    for entry in executed[first...] where entry.block <= block {
      left.layer -= mulWad(left.layer, UInt128(entry.share))
      left.vaults -= min(left.vaults, entry.vaults)
    }
    return left
  }

  private func taken(of left: ExposedStake, _ stake: ExposedStake, _ share: UInt64) -> ExposedStake {
    ExposedStake(
      layer: mulWad(left.layer, UInt128(share)),
      vaults: min(left.vaults, mulDivUp(stake.vaults, UInt128(share), wad)))
  }

  /// What `share` takes of the stake that was there at block `reference`, at `block`. Changes nothing.
  func demand(_ share: UInt64, of stake: ExposedStake, at reference: BlockNumber, executed block: BlockNumber)
    -> UInt128
  {
    let demand = taken(of: left(stake, after: reference, upTo: block), stake, share)
    return demand.layer + demand.vaults
  }

  /// A rightful slash that was executed at `block`: what was due, and those that follow find it taken. Blocks never decrease.
  mutating func execute(
    _ share: UInt64, of stake: ExposedStake, at reference: BlockNumber, in block: BlockNumber
  ) -> UInt128 {
    let due = taken(of: left(stake, after: reference, upTo: block), stake, share)
    executed.append(Entry(block: block, share: share, vaults: due.vaults))
    return due.layer + due.vaults
  }

  /// An offence that was never slashed and should have been at `block`: call in that order, after all that were executed.
  mutating func miss(
    _ share: UInt64, of stake: ExposedStake, at reference: BlockNumber, in block: BlockNumber
  ) -> UInt128 {
    var left = left(stake, after: reference, upTo: block)
    left.layer = mulWad(left.layer, spared)
    left.vaults -= min(left.vaults, sparedVaults)
    let due = taken(of: left, stake, share)
    spared -= mulWad(spared, UInt128(share))
    sparedVaults += due.vaults
    return due.layer + due.vaults
  }
}

/// The offenders of one class in one service, for correlated penalties.
struct Guilty {
  struct Offender {
    var at: Instant
    var node: NodeID
    var stake: UInt128
  }
  private let offenders: [Offender]
  // The last answer, which most questions continue: offenders[first..<end], the largest stake of each, their sum.
  private var first = 0
  private var end = 0
  private var largest: [NodeID: UInt128] = [:]
  private var sum: UInt128 = 0

  /// - Parameter offenders: one an offence, in order of time.
  init(_ offenders: [Offender]) { self.offenders = offenders }

  /// The stake of all who offended within `window` of `at`, and not after `until`: each once, with its largest.
  /// Cost: what entered since the last question, when that began with the same offender; else of the whole span.
  mutating func stake(around at: Instant, within window: TimeSpan, until: Instant) -> UInt128 {
    let low = offenders.partitioningIndex { $0.at + window >= at }
    let high = offenders.partitioningIndex { $0.at > min(at + window, until) }
    if low != first || high < end {
      (first, end, sum) = (low, low, 0)
      largest = [:]
    }
    while end < high {
      let one = offenders[end]
      let before = largest[one.node] ?? 0
      if one.stake > before {
        largest[one.node] = one.stake
        sum += one.stake - before
      }
      end += 1
    }
    return sum
  }
}

extension Array {
  /// The first index whose element satisfies `predicate`, which holds from some element on.
  fileprivate func partitioningIndex(where predicate: (Element) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if predicate(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

extension Record {
  /// What a rule is applied to.
  private struct Exposure {
    var rule: SlashingRule
    /// When it happened, as the rule has it: the task's due instant, the end of the window.
    var moment: Instant
    var reference: BlockNumber
    var stake: ExposedStake
    /// In the service's table: what correlated penalties count.
    var weight: UInt128
    var total: UInt128
  }

  private struct BookKey: Hashable {
    var node: NodeID
    /// Nil where services share their operators' stake.
    var service: ServiceID?
  }

  private struct GuiltKey: Hashable {
    var service: ServiceID
    var offence: OffenceClass
  }

  /// Writes into every offence what was due for it, and into every rightful slash what the chain's penalty asked for.
  func fillDues(_ coordinator: Coordinator) {
    let chain = checkers.books.configuration.chain
    let isShared = checkers.books.configuration.sharesStake
    let exposures = offences.map { exposure(of: $0, coordinator, isShared: isShared) }
    var guilty = guilty(exposures)
    var books: [BookKey: DueBook] = [:]
    func key(_ offence: OffenceRecord) -> BookKey {
      BookKey(node: offence.operatorID, service: isShared ? nil : offence.service)
    }
    func share(_ k: Int, _ exposure: Exposure, until: Instant) -> UInt64 {
      switch exposure.rule.penalty {
      case .fixed(let share): return share
      case .proportional(let most):
        return max(1, UInt64(mulWad(UInt128(most), UInt128(offences[k].severityWad))))
      case .correlated(let base, let multiplier, let window):
        let key = GuiltKey(service: offences[k].service, offence: offences[k].offenceClass)
        let stake = guilty[key]?.stake(around: exposure.moment, within: window, until: until) ?? 0
        return Court.correlatedPenalty(
          baseWad: base, multiplier: multiplier, guilty: stake, total: exposure.total)
      }
    }

    let matched = SlashAccuracy(offences: offences, slashes: slashes)
    let executed = slashes.indices.filter { slashes[$0].state == .executed }.sorted {
      (executedAt($0), $0) < (executedAt($1), $1)
    }
    for s in executed where matched.slashVerdicts[s] == .truePositive {
      guard let k = matched.slashOffences[s], let exposure = exposures[k] else { continue }
      let at = executedAt(s)
      let block = chain.block(at: at)
      // A fork may give a part of it back: what the rule asked for is all the same what it says.
      let asked =
        if exposure.rule.fork != nil, case .fixed(let all) = exposure.rule.penalty { all } else {
          askedShares[s] ?? 0
        }
      let due = share(k, exposure, until: at)
      slashes[s].dueWei = books[key(offences[k]), default: DueBook()].demand(
        asked, of: exposure.stake, at: exposure.reference, executed: block)
      offences[k].dueWei = books[key(offences[k]), default: DueBook()].execute(
        due, of: exposure.stake, at: exposure.reference, in: block)
    }
    // Its slash would have been executed with those of the same class around it: not before an earlier one's.
    let punished = executed.compactMap { s -> (s: Int, k: Int)? in
      matched.slashVerdicts[s] == .truePositive ? matched.slashOffences[s].map { (s, $0) } : nil
    }
    var lastSlash: [OffenceKey: [(moment: Instant, at: Instant)]] = [:]
    func series(_ offence: OffenceRecord) -> OffenceKey {
      OffenceKey(
        operatorID: offence.operatorID, service: offence.service, offence: offence.offenceClass, key: 0)
    }
    for (s, k) in punished {
      if let moment = exposures[k]?.moment {
        lastSlash[series(offences[k]), default: []].append((moment, executedAt(s)))
      }
    }
    let missed = offences.indices.filter { matched.offenceVerdicts[$0] == .falseNegative }.compactMap { k in
      exposures[k].map { exposure in
        let earlier = lastSlash[series(offences[k])]?.last { $0.moment <= exposure.moment }
        let at = max(exposure.moment, offences[k].at) + exposure.rule.span
        return (k: k, at: max(at, earlier?.at ?? at))
      }
    }
    for (k, at) in missed.sorted(by: { ($0.at, $0.k) < ($1.at, $1.k) }) {
      guard let exposure = exposures[k] else { continue }
      let share = share(k, exposure, until: at)
      offences[k].dueWei = books[key(offences[k]), default: DueBook()].miss(
        share, of: exposure.stake, at: exposure.reference, in: chain.block(at: at))
    }
  }

  private func executedAt(_ slash: Int) -> Instant {
    slashes[slash].executedAt ?? slashes[slash].requestedAt
  }

  /// Nil: the service has no rule for it, or the operator no part in the service.
  private func exposure(of offence: OffenceRecord, _ coordinator: Coordinator, isShared: Bool) -> Exposure? {
    guard let rule = rules[offence.service.index].first(where: { $0.offence == offence.offenceClass }),
      let member = coordinator.memberIndex(of: offence.operatorID, in: offence.service)
    else { return nil }
    let moment =
      switch offence.offenceClass {
      case .liveness, .forgedEvidence, .griefing, .vetoAbuse, .maliciousService: offence.at
      default: schedule[TaskID(UInt32(offence.key))].due
      }
    let reference = checkers.books.configuration.chain.block(at: moment)
    guard let table = checkers.books.nearestTable(offence.service, at: reference) else { return nil }
    let worth = table.worth(of: member)
    let vaults =
      isShared
      ? (all: 0, slashable: 0)
      : coordinator.vaultStake(of: offence.operatorID, in: offence.service, at: moment)
    return Exposure(
      rule: rule, moment: moment, reference: reference,
      stake: ExposedStake(layer: worth - min(worth, vaults.all), vaults: vaults.slashable),
      weight: table.weight(of: member), total: table.total)
  }

  private func guilty(_ exposures: [Exposure?]) -> [GuiltKey: Guilty] {
    var all: [GuiltKey: [Guilty.Offender]] = [:]
    var order: [GuiltKey] = []
    for (offence, exposure) in zip(offences, exposures) where offence.violated {
      guard let exposure, case .correlated = exposure.rule.penalty else { continue }
      let key = GuiltKey(service: offence.service, offence: offence.offenceClass)
      if all[key] == nil { order.append(key) }
      all[key, default: []].append(
        Guilty.Offender(at: exposure.moment, node: offence.operatorID, stake: exposure.weight))
    }
    var guilty: [GuiltKey: Guilty] = [:]
    for key in order {
      guilty[key] = Guilty((all[key] ?? []).sorted { ($0.at, $0.node) < ($1.at, $1.node) })
    }
    return guilty
  }
}

extension SlashingRule {
  /// From the opening of a case to its execution, at least.
  fileprivate var span: TimeSpan { dispute + (veto?.window ?? .zero) }
}
