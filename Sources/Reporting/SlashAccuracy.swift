// Slash accuracy against ground truth: what the coordinator decided, compared with what the truth recorder saw. Computed from
// those two lists alone, never from a configuration.
//
// - Matching: on (operator, service, class, key), one to one, slashes in order of execution, offences in order of time. A
//   second slash for one offence is a false positive. Requests that were not executed are counted apart and punish nobody,
//   so their offence stays a false negative: truePositive + falseNegative = offences, always.
// - Truth: `violated`. The `culpable` block judges the same slashes against the offences that were chosen: there a slash for
//   an unchosen violation is a false positive.
// - Percentiles are nearest-rank. Intervals are Wilson's, 95 %.
// - Amounts satisfy due + overSlashed = taken + underSlashed.
// - A matter is an operator, a service and a task; a window is the matter of all its tasks. So a liveness window and a task never
//   meet because their numbers are alike, only where the one contains the other.
// - True negatives exist where the population is closed: (operator, task) or (operator, window) pairs in which nothing was
//   committed and nothing slashed.

public import AVS
import Basics

/// How well slashing hit the guilty and spared the honest.
public struct SlashAccuracy: Sendable, Equatable {
  /// True and false decisions, and what follows from them.
  public struct Counts: Sendable, Equatable {
    public var truePositive = 0
    public var falsePositive = 0
    public var falseNegative = 0

    /// TP / (TP + FP); nil when nothing was slashed.
    public var precision: Double? { ratio(truePositive, truePositive + falsePositive) }
    /// TP / (TP + FN); nil when nothing was to be slashed.
    public var recall: Double? { ratio(truePositive, truePositive + falseNegative) }
    /// 2 TP / (2 TP + FP + FN); nil when there was neither offence nor slash.
    public var f1: Double? { ratio(2 * truePositive, 2 * truePositive + falsePositive + falseNegative) }
    public var precisionInterval: ClosedRange<Double>? {
      wilsonInterval(successes: truePositive, trials: truePositive + falsePositive)
    }
    public var recallInterval: ClosedRange<Double>? {
      wilsonInterval(successes: truePositive, trials: truePositive + falseNegative)
    }
  }

  /// Spread of a waiting time in seconds; nil without samples.
  public struct Wait: Sendable, Equatable {
    public var p50: Double?
    public var p90: Double?
    public var max: Double?

    /// Nearest-rank percentiles of `seconds`.
    init(_ seconds: [Double]) {
      let sorted = seconds.sorted()
      p50 = nearestRank(sorted, hundredths: 50)
      p90 = nearestRank(sorted, hundredths: 90)
      max = sorted.last
    }
  }

  /// One offence class.
  public struct Class: Sendable, Equatable {
    public var offenceClass: OffenceClass
    public var counts = Counts()
    public var offences = 0
    public var culpable = 0
    /// Offences whose evidence reached no honest running watcher inside the window. They are among the false negatives too,
    /// unless they were slashed by luck.
    public var unobservable = 0
    /// Cases in which nobody did wrong and nobody was slashed; nil where the population is open.
    public var trueNegative: Int?
    /// FP / (FP + TN); nil without true negatives, or where there was no innocent case at all.
    public var falsePositiveRate: Double? {
      trueNegative.flatMap { ratio(counts.falsePositive, counts.falsePositive + $0) }
    }
    public var pending = 0
    public var vetoed = 0
    public var disputed = 0
    public var expired = 0
    public var timeToEvidence = Wait([])
    public var timeToSlash = Wait([])
  }

  /// Means over the classes in which each is defined.
  public struct Macro: Sendable, Equatable {
    public var precision: Double?
    public var recall: Double?
    public var f1: Double?
  }

  /// Truth against decision.
  public struct Confusion: Sendable, Equatable {
    public var classes: [OffenceClass]
    /// A row per true class; a column per decided class, then one for *not slashed*. A row adds up to its offences.
    public var matrix: [[Int]]
    /// Per decided class: executed slashes that no unpunished offence of any class explains.
    public var noOffence: [Int]
  }

  /// Sums in wei.
  public struct Amounts: Sendable, Equatable {
    /// What the rules take for all offences.
    public var due: UInt128 = 0
    /// What executed slashes took.
    public var taken: UInt128 = 0
    /// Excess over what was due on true positives, and everything taken on false positives.
    public var overSlashed: UInt128 = 0
    /// Shortfall on true positives, and all that was due on false negatives.
    public var underSlashed: UInt128 = 0
    /// Taken for matters (operator, service, task) in which nobody chose to do wrong; and what stakers who had not chosen the
    /// operator carried of the rest.
    public var honestLoss: UInt128 = 0
    public var burned: UInt128 = 0
    public var redistributed: UInt128 = 0
  }

  public var classes: [Class]
  public var micro: Counts
  public var macro: Macro
  /// The same slashes judged against the offences that somebody chose.
  public var culpable: Counts
  public var culpableClasses: [Counts]
  public var confusion: Confusion
  /// False positives whose operator, service and task (or a task of whose window) have an offence of another class.
  public var wrongClass = 0
  /// The same by amounts: of what was taken, the share taken for offences; of what was due, the share of offences that were
  /// slashed.
  public var weighted = Macro()
  /// Executed slashes that punish no offence, by what hit the operator: every cause, in a fixed order.
  public var causes: [(cause: UnjustCause, slashes: Int)] { causeCounts.map { ($0.cause, $0.slashes) } }
  private var causeCounts: [CauseCount] = []
  /// Executed slashes for offences that nobody chose, by what made the operator commit them: false positives of `culpable` beside
  /// those of `causes`.
  public var unchosenCauses: [(cause: UnjustCause, slashes: Int)] {
    unchosenCounts.map { ($0.cause, $0.slashes) }
  }
  private var unchosenCounts: [CauseCount] = []

  private struct CauseCount: Sendable, Equatable {
    var cause: UnjustCause
    var slashes: Int
  }
  /// Over all classes.
  public var timeToEvidence: Wait
  public var timeToSlash: Wait
  public var amounts: Amounts
  /// Mean of |taken - due| / due over the true positives with something due; nil without any.
  public var amountErrorMean: Double?
  /// One for each offence given, in that order.
  public var offenceVerdicts: [OffenceVerdict]
  /// One for each slash given, in that order.
  public var slashVerdicts: [SlashVerdict]
  /// For each slash given, the index of the offence that it punishes (or, with the wrong class, meant to).
  public var slashOffences: [Int?]
}

// MARK: Comparing

extension SlashAccuracy {
  /// Compares. Cost: O(n log n) in offences and slashes together.
  ///
  /// - Parameters:
  ///   - classes: the classes of the result, in order; offences and slashes of others must not occur.
  ///   - populations: by class the (operator, task or window) pairs in which it could have been committed; none where nobody
  ///     can count them.
  public init(
    offences: [OffenceRecord], slashes: [SlashRecord], classes order: [OffenceClass] = OffenceClass.allCases,
    populations: [OffenceClass: Int] = [:]
  ) {
    let row = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($1, $0) })
    let truth = Matching(offences: offences, slashes: slashes, where: \.violated)
    let intent = Matching(offences: offences, slashes: slashes) { $0.violated && $0.culpable }

    var classes = order.map { Class(offenceClass: $0) }
    var evidence = order.map { _ in [Double]() }
    var waits = order.map { _ in [Double]() }
    var amounts = Amounts()
    var justlyTaken: UInt128 = 0
    var duePunished: UInt128 = 0
    var causeCounts = UnjustCause.allCases.map { CauseCount(cause: $0, slashes: 0) }
    var offenceVerdicts: [OffenceVerdict] = []
    for (k, offence) in offences.enumerated() {
      guard offence.violated else {
        offenceVerdicts.append(.noViolation)
        continue
      }
      let c = row[offence.offenceClass]!
      classes[c].offences += 1
      if offence.culpable { classes[c].culpable += 1 }
      if !offence.observable { classes[c].unobservable += 1 }
      if let at = offence.evidenceAt { evidence[c].append(seconds(from: offence.at, to: at)) }
      amounts.due += offence.dueWei
      if let slash = truth.slashOf[k] {
        let record = slashes[slash]
        classes[c].counts.truePositive += 1
        justlyTaken += record.takenWei
        duePunished += offence.dueWei
        waits[c].append(seconds(from: offence.at, to: record.executedAt ?? record.requestedAt))
        if record.takenWei > offence.dueWei {
          amounts.overSlashed += record.takenWei - offence.dueWei
        } else {
          amounts.underSlashed += offence.dueWei - record.takenWei
        }
        offenceVerdicts.append(.truePositive)
      } else {
        classes[c].counts.falseNegative += 1
        amounts.underSlashed += offence.dueWei
        offenceVerdicts.append(.falseNegative)
      }
    }

    let errors = offences.enumerated().compactMap { k, offence -> Double? in
      guard let slash = truth.slashOf[k], offence.dueWei > 0 else { return nil }
      let taken = slashes[slash].takenWei
      let difference = taken > offence.dueWei ? taken - offence.dueWei : offence.dueWei - taken
      return Double(difference) / Double(offence.dueWei)
    }

    // False positives: each looks for an offence of another class in the same matter that nobody punished.
    let matters = Matters(offences)
    var confusion = Confusion(
      classes: order, matrix: order.map { _ in Array(repeating: 0, count: order.count + 1) },
      noOffence: Array(repeating: 0, count: order.count))
    var slashVerdicts: [SlashVerdict] = Array(repeating: .notExecuted, count: slashes.count)
    var slashOffences: [Int?] = Array(repeating: nil, count: slashes.count)
    var explained = truth.slashOf.map { $0 != nil }
    var wrongClass = 0
    for s in truth.executionOrder {
      let slash = slashes[s]
      let c = row[slash.offenceClass]!
      amounts.taken += slash.takenWei
      amounts.burned += slash.burnedWei
      amounts.redistributed += slash.redistributedWei
      let matter = matters[slash]
      let isAnybodysChoice = matter.contains { offences[$0].violated && offences[$0].culpable }
      amounts.honestLoss += isAnybodysChoice ? slash.collateralWei : slash.takenWei
      if let offence = truth.offenceOf[s] {
        slashVerdicts[s] = .truePositive
        slashOffences[s] = offence
        confusion.matrix[c][c] += 1
        continue
      }
      classes[c].counts.falsePositive += 1
      if let k = causeCounts.firstIndex(where: { $0.cause == UnjustCause(rawValue: slash.cause) ?? .unknown })
      {
        causeCounts[k].slashes += 1
      }
      amounts.overSlashed += slash.takenWei
      let others = matter.filter {
        offences[$0].violated && offences[$0].offenceClass != slash.offenceClass
      }
      slashVerdicts[s] = others.isEmpty ? .falsePositive : .wrongClass
      if !others.isEmpty { wrongClass += 1 }
      if let meant = others.first(where: { !explained[$0] }) {
        explained[meant] = true
        slashOffences[s] = meant
        confusion.matrix[row[offences[meant].offenceClass]!][c] += 1
      } else {
        confusion.noOffence[c] += 1
      }
    }
    for (k, offence) in offences.enumerated() where offence.violated && !explained[k] {
      confusion.matrix[row[offence.offenceClass]!][order.count] += 1
    }

    for slash in slashes {
      let c = row[slash.offenceClass]!
      switch slash.state {
      case .executed: break
      case .pending: classes[c].pending += 1
      case .vetoed: classes[c].vetoed += 1
      case .disputed: classes[c].disputed += 1
      case .expired: classes[c].expired += 1
      }
    }
    let touched = Case.distinct(offences, slashes)
    for c in order.indices {
      if let all = populations[order[c]] {
        classes[c].trueNegative = max(0, all - (touched[order[c]] ?? 0))
      }
      classes[c].timeToEvidence = Wait(evidence[c])
      classes[c].timeToSlash = Wait(waits[c])
    }

    self.classes = classes
    self.causeCounts = causeCounts
    unchosenCounts = UnjustCause.allCases.map { cause in
      CauseCount(
        cause: cause, slashes: slashes.count { $0.state == .executed && $0.unchosen == cause })
    }
    weighted.precision = share(justlyTaken, of: amounts.taken)
    weighted.recall = share(duePunished, of: amounts.due)
    if let p = weighted.precision, let r = weighted.recall, p + r > 0 { weighted.f1 = 2 * p * r / (p + r) }
    micro = Counts(pooling: classes.map(\.counts))
    macro = Macro(
      precision: mean(classes.compactMap(\.counts.precision)),
      recall: mean(classes.compactMap(\.counts.recall)),
      f1: mean(classes.compactMap(\.counts.f1)))
    culpableClasses = order.map { intent.counts(of: $0, offences: offences, slashes: slashes) }
    culpable = Counts(pooling: culpableClasses)
    self.confusion = confusion
    self.wrongClass = wrongClass
    timeToEvidence = Wait(evidence.flatMap { $0 })
    timeToSlash = Wait(waits.flatMap { $0 })
    self.amounts = amounts
    amountErrorMean = mean(errors)
    self.offenceVerdicts = offenceVerdicts
    self.slashVerdicts = slashVerdicts
    self.slashOffences = slashOffences
  }
}

extension SlashAccuracy.Counts {
  init(pooling all: [Self]) {
    for one in all {
      truePositive += one.truePositive
      falsePositive += one.falsePositive
      falseNegative += one.falseNegative
    }
  }
}

// MARK: Matching

/// What a slash and its offence have in common.
private struct Case: Hashable {
  var operatorID: NodeID
  var service: ServiceID
  var offenceClass: OffenceClass
  var key: UInt64

  init(operatorID: NodeID, service: ServiceID, offenceClass: OffenceClass, key: UInt64) {
    (self.operatorID, self.service, self.offenceClass, self.key) = (operatorID, service, offenceClass, key)
  }

  /// By class, the cases in which something was committed or slashed.
  static func distinct(_ offences: [OffenceRecord], _ slashes: [SlashRecord]) -> [OffenceClass: Int] {
    var seen: Set<Case> = []
    var counts: [OffenceClass: Int] = [:]
    func note(_ one: Case) {
      if seen.insert(one).inserted { counts[one.offenceClass, default: 0] += 1 }
    }
    for one in offences where one.violated {
      note(
        Case(operatorID: one.operatorID, service: one.service, offenceClass: one.offenceClass, key: one.key))
    }
    for one in slashes where one.state == .executed {
      note(
        Case(operatorID: one.operatorID, service: one.service, offenceClass: one.offenceClass, key: one.key))
    }
    return counts
  }
}

/// Executed slashes paired with the offences that count, one to one, earliest first.
private struct Matching {
  /// The executed slashes by time of execution; ties in the order given.
  var executionOrder: [Int]
  /// For each offence, the slash that punished it.
  var slashOf: [Int?]
  /// For each slash, the offence that it punished.
  var offenceOf: [Int?]
  private var counts: [Bool]

  init(offences: [OffenceRecord], slashes: [SlashRecord], where isCounted: (OffenceRecord) -> Bool) {
    func executed(_ k: Int) -> Instant { slashes[k].executedAt ?? slashes[k].requestedAt }
    executionOrder = slashes.indices.filter { slashes[$0].state == .executed }.sorted {
      (executed($0), $0) < (executed($1), $1)
    }
    counts = offences.map(isCounted)
    slashOf = Array(repeating: nil, count: offences.count)
    offenceOf = Array(repeating: nil, count: slashes.count)

    // The open offences of a case, latest first, so that the earliest is popped.
    var open: [Case: [Int]] = [:]
    let byTime = offences.indices.filter { counts[$0] }.sorted {
      (offences[$0].at, $0) > (offences[$1].at, $1)
    }
    for k in byTime {
      let o = offences[k]
      let key = Case(
        operatorID: o.operatorID, service: o.service, offenceClass: o.offenceClass, key: o.key)
      open[key, default: []].append(k)
    }
    for s in executionOrder {
      let slash = slashes[s]
      let key = Case(
        operatorID: slash.operatorID, service: slash.service, offenceClass: slash.offenceClass, key: slash.key
      )
      guard let offence = open[key]?.popLast() else { continue }
      slashOf[offence] = s
      offenceOf[s] = offence
    }
  }

  func counts(of offenceClass: OffenceClass, offences: [OffenceRecord], slashes: [SlashRecord])
    -> SlashAccuracy.Counts
  {
    var result = SlashAccuracy.Counts()
    for (k, offence) in offences.enumerated() where counts[k] && offence.offenceClass == offenceClass {
      if slashOf[k] != nil { result.truePositive += 1 } else { result.falseNegative += 1 }
    }
    for s in executionOrder where slashes[s].offenceClass == offenceClass && offenceOf[s] == nil {
      result.falsePositive += 1
    }
    return result
  }
}

/// The offences about each operator, service and task, whatever their class. A window is about all its tasks.
private struct Matters {
  private struct Side: Hashable {
    var operatorID: NodeID
    var service: ServiceID
  }
  private struct Entry {
    var tasks: ClosedRange<UInt64>
    var offence: Int
  }
  /// By first task; and how many numbers the longest entry of the side spans beyond its first.
  private var sides: [Side: (entries: [Entry], reach: UInt64)] = [:]
  private let times: [Instant]

  init(_ records: [OffenceRecord]) {
    times = records.map(\.at)
    let spans = records.map { $0.tasks ?? $0.key...$0.key }
    for k in records.indices.sorted(by: { (spans[$0].lowerBound, $0) < (spans[$1].lowerBound, $1) }) {
      let side = Side(operatorID: records[k].operatorID, service: records[k].service)
      let reach = max(sides[side]?.reach ?? 0, spans[k].upperBound - spans[k].lowerBound)
      sides[side, default: ([], 0)].entries.append(Entry(tasks: spans[k], offence: k))
      sides[side]?.reach = reach
    }
  }

  /// The offences that share a task with a slash, by time.
  subscript(slash: SlashRecord) -> [Int] {
    let tasks = slash.tasks ?? slash.key...slash.key
    guard let side = sides[Side(operatorID: slash.operatorID, service: slash.service)] else { return [] }
    let earliest = tasks.lowerBound - min(tasks.lowerBound, side.reach)
    var low = 0
    var high = side.entries.count
    while low < high {
      let middle = (low + high) / 2
      if side.entries[middle].tasks.lowerBound < earliest { low = middle + 1 } else { high = middle }
    }
    var found: [Int] = []
    while low < side.entries.count, side.entries[low].tasks.lowerBound <= tasks.upperBound {
      if side.entries[low].tasks.overlaps(tasks) { found.append(side.entries[low].offence) }
      low += 1
    }
    return found.sorted { (times[$0], $0) < (times[$1], $1) }
  }
}

// MARK: Arithmetic

/// Wilson's 95 % score interval of a proportion; nil without trials. With no success in n trials its upper end is about
/// 3.84 / (n + 3.84).
public func wilsonInterval(successes: Int, trials: Int) -> ClosedRange<Double>? {
  guard trials > 0 else { return nil }
  let z = 1.959963984540054  // the 97.5 % point of the normal distribution
  let n = Double(trials)
  let p = Double(successes) / n
  let middle = (p + z * z / (2 * n)) / (1 + z * z / n)
  let half = z * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot() / (1 + z * z / n)
  let low = successes == 0 ? 0 : max(0, middle - half)
  return low...(successes == trials ? 1 : min(1, middle + half))
}

/// The nearest-rank percentile of ascending values: the smallest that at least `hundredths` of them do not exceed.
func nearestRank(_ sorted: [Double], hundredths: Int) -> Double? {
  guard !sorted.isEmpty else { return nil }
  return sorted[max(1, (hundredths * sorted.count + 99) / 100) - 1]
}

private func ratio(_ part: Int, _ whole: Int) -> Double? { whole == 0 ? nil : Double(part) / Double(whole) }

private func share(_ part: UInt128, of whole: UInt128) -> Double? {
  whole == 0 ? nil : Double(part) / Double(whole)
}

private func mean(_ values: [Double]) -> Double? {
  values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
}

/// Signed, since a slash may be executed before the offence that it is matched with.
private func seconds(from start: Instant, to end: Instant) -> Double {
  end >= start ? (end - start).seconds : -(start - end).seconds
}
