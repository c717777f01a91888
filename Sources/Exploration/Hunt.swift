// The search: generations of runs side by side, each made of what earlier generations found worth keeping. A run is worth
// keeping when it has been where no run was before (`Footprint`). Generations have a fixed size and are judged in order,
// so that seed and budget decide what is found and the number of threads does not.

import AVS
import Basics
import Foundation
public import Scenarios

/// How to search.
public struct HuntOptions: Sendable {
  /// Most runs of the search, not counting those of shrinking.
  public var budget = 1_000
  public var jobs = 1
  /// Seeds the search itself.
  public var seed: UInt64 = 1
  /// False: every run is drawn afresh, nothing is learnt.
  public var isGuided = true
  /// Most runs of shrinking, but for those that ask of each element of the file that is left whether it is needed.
  public var shrinkBudget = 600
  public var properties = HuntedProperties()
  /// A directory for the scenarios that are about to be run, until they have been: when a run stops the whole program,
  /// they are what is left. Nil: nowhere.
  public var diary: String?
  public init() {}
}

/// What a hunt found.
public struct Finding: Sendable {
  public var violation: Violation
  /// The smallest scenario that still does it.
  public var template: ScenarioTemplate
  public var digest: String
  public var nodes: Int
  /// Entries of `faults:` and `adversaries:`, and their names.
  public var troubles: [String]
  /// The run of the search that broke it first, from one; and the runs of shrinking.
  public var run: Int
  public var shrinkRuns: Int
  public var seed: UInt64
}

/// What a hunt came to.
public struct HuntReport: Sendable {
  public var finding: Finding?
  public var runs: Int
  /// Distinct features that runs have shown.
  public var features: Int
  /// Runs that were kept for it.
  public var kept: Int
  /// Somebody asked for the end.
  public var isInterrupted = false
}

/// A search in a scenario's neighbourhood for a run that breaks something.
public struct Hunt: Sendable {
  /// Runs of a generation, whatever the number of threads.
  static let generation = 16

  let ground: Ground
  let options: HuntOptions
  let workforce: Workforce

  /// - Throws: when the template is no scenario.
  public init(_ template: ScenarioTemplate, _ options: HuntOptions) throws(FileError) {
    ground = try Ground(template)
    self.options = options
    workforce = Workforce(jobs: options.jobs)
  }

  /// Kinds of trouble that fit the scenario.
  public var forms: [String] { ground.forms.map(\.name) }

  /// Searches, and shrinks what it finds. `progress` is told the number of runs after each generation.
  public func search(
    whileTrue goesOn: @Sendable () -> Bool = { true }, progress: (HuntReport) -> Void = { _ in }
  ) -> HuntReport {
    var corpus = Corpus()
    var report = HuntReport(finding: nil, runs: 0, features: 0, kept: 0)
    while report.runs < options.budget {
      let count = min(Self.generation, options.budget - report.runs)
      let candidates = (0..<count).map { candidate(report.runs + $0, &corpus) }
      write(candidates)
      let outcomes = workforce.map(candidates, whileTrue: goesOn) { _, candidate in run(candidate) }
      for (candidate, outcome) in zip(candidates, outcomes) {
        guard let outcome else {
          report.isInterrupted = true
          return report
        }
        report.runs += 1
        if let violation = outcome.violations.first {
          let shrunk = Shrinking(self, violation).shrink(candidate, outcome, whileTrue: goesOn)
          report.finding = finding(shrunk, run: report.runs, whileTrue: goesOn)
          progress(report)
          return report
        }
        corpus.consider(candidate, outcome.features)
      }
      report.features = corpus.features
      report.kept = corpus.count
      progress(report)
    }
    return report
  }

  /// The candidate of run `number`: the file itself first.
  private func candidate(_ number: Int, _ corpus: inout Corpus) -> Candidate {
    if number == 0 { return ground.start }
    var stream = RandomStream(seed: mix(mix(options.seed) &+ UInt64(number)))
    guard options.isGuided, stream.below(3) != 0, let parent = corpus.parent(&stream) else {
      return ground.drawn(&stream)
    }
    return ground.mutated(parent, &stream)
  }

  /// Notes down what is about to be run.
  private func write(_ candidates: [Candidate]) {
    guard let diary = options.diary else { return }
    for (k, candidate) in candidates.enumerated() {
      let path = "\(diary)/\(k < 10 ? "0" : "")\(k).yaml"
      guard let text = try? ground.template(candidate).text(for: diary) else { continue }
      try? Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }
  }

  func run(_ candidate: Candidate) -> TrialOutcome {
    let scenario: Scenario
    do throws(FileError) { scenario = try ground.scenario(candidate) } catch {
      return TrialOutcome(refusal: error.description)
    }
    return Trial.run(scenario, options.properties)
  }

  private func finding(
    _ shrunk: Shrinking.Result, run: Int, whileTrue goesOn: @Sendable () -> Bool
  ) -> Finding? {
    guard let template = try? ground.template(shrunk.candidate), let scenario = try? template.scenario()
    else { return nil }
    let troubles = shrunk.candidate.troubles
    let left = Pruning(violation: shrunk.violation, properties: options.properties, workforce: workforce)
      .prune(
        Pruning.Result(
          template: template, scenario: scenario, outcome: shrunk.outcome,
          faults: troubles.filter(\.isFault).map(ground.name),
          adversaries: troubles.filter { !$0.isFault }.map(ground.name)), whileTrue: goesOn)
    return Finding(
      violation: left.outcome.violations.first { $0 == shrunk.violation } ?? shrunk.violation,
      template: left.template, digest: left.outcome.digest, nodes: left.outcome.nodes,
      troubles: left.faults + left.adversaries, run: run, shrinkRuns: shrunk.runs + left.runs,
      seed: left.scenario.seed)
  }
}

/// Candidates that were worth keeping.
private struct Corpus {
  private var entries: [(candidate: Candidate, worth: Int, uses: Int)] = []
  private var seen: Set<UInt32> = []
  var features: Int { seen.count }
  var count: Int { entries.count }

  /// Keeps a candidate that has been somewhere new.
  mutating func consider(_ candidate: Candidate, _ features: [UInt32]) {
    var fresh = 0
    for feature in features where seen.insert(feature).inserted { fresh += 1 }
    if fresh > 0 { entries.append((candidate, fresh, 0)) }
  }

  /// One of them: the best of three drawn, by what it brought and how seldom it was used.
  mutating func parent(_ stream: inout RandomStream) -> Candidate? {
    guard !entries.isEmpty else { return nil }
    var best = stream.below(entries.count)
    for _ in 0..<2 {
      let other = stream.below(entries.count)
      if score(other) > score(best) { best = other }
    }
    entries[best].uses += 1
    return entries[best].candidate
  }

  private func score(_ index: Int) -> Int { entries[index].worth * 16 / (entries[index].uses + 1) }
}

extension Hunt {
  /// Runs a scenario as a hunt does: what it breaks, and its trace.
  public static func replay(
    _ scenario: Scenario, _ properties: HuntedProperties
  ) throws -> (violations: [Violation], digest: String) {
    let outcome = Trial.run(scenario, properties)
    return (outcome.violations, outcome.digest)
  }
}
