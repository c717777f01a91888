// The last part of shrinking: from the scenario file that is left, everything is taken that the violation does not need. A
// rule that never fires, a reward, an asset, a warm-up, an expectation that holds anyway: each item of each list and each
// key of each mapping goes, if the run without it still breaks the same thing on no more nodes and for no longer.

public import Scenarios

struct Pruning {
  let violation: Violation
  let properties: HuntedProperties
  let workforce: Workforce

  struct Result {
    var template: ScenarioTemplate
    var scenario: Scenario
    var outcome: TrialOutcome
    /// Words for the entries of `faults:`, then of `adversaries:`, that are left.
    var faults: [String]
    var adversaries: [String]
    var runs = 0
  }

  /// Goes through the elements until a whole round takes nothing away.
  func prune(_ start: Result, whileTrue goesOn: @Sendable () -> Bool) -> Result {
    var best = start
    var isSettled = false
    while !isSettled, goesOn() {
      isSettled = true
      var elements = best.template.elements
      var position = 0
      while position < elements.count, goesOn() {
        // As many at a time whatever the number of threads, so that the same is found.
        let batch = Array(elements[position...].prefix(4))
        best.runs += batch.count
        guard let (index, taken) = first(batch, best) else {
          position += batch.count
          continue
        }
        best.template = taken.template
        best.scenario = taken.scenario
        best.outcome = taken.outcome
        if let number = batch[index].item(of: "faults") { best.faults.remove(at: number) }
        if let number = batch[index].item(of: "adversaries") { best.adversaries.remove(at: number) }
        if "\(batch[index])" == "faults" { best.faults = [] }
        if "\(batch[index])" == "adversaries" { best.adversaries = [] }
        // What was before stays as tried in this round; what follows has moved up.
        elements = best.template.elements
        position += index
        isSettled = false
      }
    }
    return best
  }

  private typealias Taken = (template: ScenarioTemplate, scenario: Scenario, outcome: TrialOutcome)

  /// Whether it is still the troubles that break it. A checker may break by itself, and all the better; an expectation that does
  /// not even hold in the quiet scenario says nothing of what the hunt found.
  private func isCaused(_ template: ScenarioTemplate) -> Bool {
    guard !violation.isChecker, template.has("faults") || template.has("adversaries") else { return true }
    var quiet = template
    quiet.remove("faults")
    quiet.remove("adversaries")
    guard let scenario = try? quiet.scenario() else { return false }
    return !Trial.run(scenario, properties).violations.contains(violation)
  }

  /// The first of some elements without which the same breaks.
  private func first(_ batch: [ScenarioElement], _ best: Result) -> (Int, Taken)? {
    let tried = workforce.map(batch) { _, element -> Taken? in
      guard let rest = best.template.simplified(without: element, from: best.scenario) else { return nil }
      let outcome = Trial.run(rest.scenario, properties)
      guard outcome.violations.contains(violation), outcome.nodes <= best.outcome.nodes,
        isCaused(rest.template)
      else { return nil }
      return (rest.template, rest.scenario, outcome)
    }
    for (index, one) in tried.enumerated() {
      if let taken = one ?? nil { return (index, taken) }
    }
    return nil
  }
}

extension Hunt {
  /// What of a scenario file could be left out although it breaks `violation`, on no more nodes and for no longer. Empty for a file
  /// that a hunt left of a broken checker. Cost: a run an element.
  public static func spare(
    _ template: ScenarioTemplate, _ violation: Violation, _ properties: HuntedProperties
  ) throws(FileError) -> [ScenarioElement] {
    let scenario = try template.scenario()
    return template.elements.filter {
      guard let rest = template.simplified(without: $0, from: scenario) else { return false }
      return Trial.run(rest.scenario, properties).violations.contains(violation)
    }
  }
}
