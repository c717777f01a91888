// One run of a hunt: what it broke, and where it has been.

public import AVS
import Basics
import Gossip
import Participants
import Reporting
import Runs
import Scenarios
import Simulator

/// What a run broke: a checker, or an expectation.
public struct Violation: Sendable, Hashable {
  /// Name of the checker, or the expectation's expression.
  public var label: String
  public var isChecker: Bool
  /// What happened, for a person.
  public var detail: String

  public static func == (a: Self, b: Self) -> Bool { a.label == b.label && a.isChecker == b.isChecker }
  public func hash(into hasher: inout Hasher) { hasher.combine(label) }
}

/// The outcome of one run.
struct TrialOutcome: Sendable {
  /// In the order of checks, then of expectations. A broken checker comes before every expectation.
  var violations: [Violation] = []
  /// Where the run has been: numbers of facts such as "between 8 and 15 tasks were missed".
  var features: [UInt32] = []
  var digest = ""
  var nodes = 0
  /// The candidate is no scenario: it was not run. The reason.
  var refusal: String?
}

/// What a run is judged by.
public struct HuntedProperties: Sendable {
  /// The expectations count too, not the checkers alone.
  public var expectations = true
  /// A defect put in on purpose.
  public var plant: PlantedDefect?
  public init(expectations: Bool = true, plant: PlantedDefect? = nil) {
    self.expectations = expectations
    self.plant = plant
  }
}

enum Trial {
  /// Runs a scenario from beginning to end, as `avsim run` does.
  static func run(_ scenario: Scenario, _ properties: HuntedProperties) -> TrialOutcome {
    var outcome = TrialOutcome()
    do {
      var blueprint = try Blueprint(scenario, engine: .simulator)
      blueprint.plant = properties.plant
      var simulation = try Simulation(blueprint)
      var conclusion = try simulation.finish(
        slice: blueprint.slice, whileTrue: { true }, after: { (_: inout Simulation) in })
      conclusion.judge(blueprint.expectations)
      outcome.nodes = blueprint.deployment.nodes.count
      outcome.digest = conclusion.summary.traceDigest ?? ""
      outcome.violations = violations(conclusion.summary, properties)
      outcome.features = Footprint(conclusion, simulation.takeRows()).features
    } catch {
      outcome.refusal = "\(error)"
    }
    return outcome
  }

  static func violations(_ summary: RunSummary, _ properties: HuntedProperties) -> [Violation] {
    var all = summary.checks.filter { !$0.holds }.map {
      Violation(label: $0.name, isChecker: true, detail: $0.detail)
    }
    guard properties.expectations else { return all }
    for one in summary.expectations where !one.holds {
      all.append(
        Violation(
          label: one.expression, isChecker: false, detail: "the run gave \(one.value.text(pretty: false))"))
    }
    return all
  }
}

/// Where a run has been, as a set of numbered features: each count by its logarithm, so that one more of what was common
/// is nothing new, and the first of its kind is.
private struct Footprint {
  private(set) var features: [UInt32] = []

  init(_ conclusion: Conclusion, _ rows: FreshRows) {
    let summary = conclusion.summary
    add("certified", summary.tasks.certified)
    add("missed", summary.tasks.missed)
    add("wrong", summary.tasks.wrong)
    add("unsigned", summary.attestations.due - summary.attestations.signed)
    add("late", summary.attestations.due - summary.attestations.onTime)
    add("drops", summary.load.queueDrops)
    add("iwant", summary.gossip.iwant)
    add("graft", summary.gossip.graft)
    add("prune", summary.gossip.prune)
    add("invalid", summary.gossip.invalid)
    add("unreachable", summary.attestations.unreachableDeliveries)
    add("broken promises", summary.gossip.brokenPromises)
    let refused = summary.gossip.ihaveRefused + summary.gossip.iwantRefused
    add("control refused", refused + summary.gossip.graftRefused)
    add("graylisted", summary.gossip.graylistings)
    add("surrounded", summary.sybils?.surroundedPeak ?? 0)
    add("reorgs", summary.chain.reorgs)
    add("returned", summary.chain.returnedTransactions)
    add("lost transactions", summary.chain.lostTransactions)
    add("censored", summary.chain.censored)
    add("turned away", summary.challenges.turnedAway)
    var offences: [String: Int] = [:]
    for one in conclusion.offences {
      offences["\(one.offenceClass.rawValue) \(one.culpable) \(one.observable)", default: 0] += 1
    }
    var slashes: [String: Int] = [:]
    for one in conclusion.slashes {
      slashes["\(one.offenceClass.rawValue) \(one.state.rawValue)", default: 0] += 1
    }
    var refusals: [String: Int] = [:]
    for one in rows.certificates { refusals["certificate \(Self.kind(one.outcome))", default: 0] += 1 }
    for one in rows.evidence { refusals["evidence \(Self.kind(one.outcome))", default: 0] += 1 }
    for one in conclusion.attestations {
      if let cause = one.cause { refusals["miss \(cause.rawValue)", default: 0] += 1 }
    }
    for table in [offences, slashes, refusals] {
      for key in table.keys.sorted() { add(key, table[key] ?? 0) }
    }
    // Some pairs: slashing while tasks are missed is another place than either.
    let punished = conclusion.slashes.count { $0.state == .executed }
    add("slashed while missed \(Self.bucket(summary.tasks.missed))", punished)
    add("offences while late \(Self.bucket(summary.load.lateAttestations))", conclusion.offences.count)
    features.sort()
  }

  /// What comes before a parenthesis: `belowQuorum(signed: ...)` is `belowQuorum`.
  private static func kind(_ text: String) -> Substring { text.prefix { $0 != "(" } }

  private static func bucket(_ count: Int) -> Int {
    count <= 0 ? 0 : Int.bitWidth - count.leadingZeroBitCount
  }

  private mutating func add(_ name: String, _ count: Int) {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    features.append(UInt32(truncatingIfNeeded: mix(hash &+ UInt64(Self.bucket(count))) >> 32))
  }
}
