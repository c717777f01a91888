// A run that a hunt may make: the template with another seed, other sizes, and a list of troubles. Plain values, so that
// candidates can be compared, mutated and shrunk; text only when one becomes a scenario.

import Basics
import Scenarios

/// One entry of `faults:` or `adversaries:`.
struct Trouble: Sendable, Hashable {
  /// Index into the hunt's forms; -1: as the file wrote it.
  var form: Int
  /// The entry as the file wrote it, and its list.
  var written = ""
  var isFault = true
  /// Milliseconds.
  var at: UInt64 = 0
  var length: UInt64 = 0
  /// For each hole of the form, a position on its ladder.
  var levels: [Int] = []
  /// Names the draws: the entry can move and grow, and strikes the same.
  var draw: UInt64 = 0
}

/// One run.
struct Candidate: Sendable, Hashable {
  var seed: UInt64
  var troubles: [Trouble] = []
  /// Milliseconds; nil: the file's.
  var duration: UInt64?
  var operators: Int?
  var watchers: Int?
  /// Services of the file that are left, by position; nil: all.
  var services: [Int]?

  /// What it costs somebody to understand it.
  var size: Int { troubles.count }
}

/// What candidates of one hunt have in common.
struct Ground: Sendable {
  var template: ScenarioTemplate
  /// The scenario as the file describes it.
  var base: Scenario
  var forms: [TroubleForm]
  /// Texts of the file's services.
  var services: [String]

  /// - Throws: when the file is no scenario.
  init(_ template: ScenarioTemplate) throws(FileError) {
    self.template = template
    base = try template.scenario()
    services = template.items("services")
    forms = []
    let regions = base.knownRegions
    var fitting: [TroubleForm] = []
    for form in TroubleForm.plain + TroubleForm.regional(regions) {
      forms = [form]
      // Holes at their weakest: does the scenario take it at all?
      let probe = Candidate(
        seed: base.seed,
        troubles: [
          Trouble(form: 0, isFault: form.list == .faults, length: 1_000, levels: form.ladders.map { _ in 0 })
        ])
      if (try? scenario(probe)) != nil { fitting.append(form) }
    }
    forms = fitting
  }

  /// The candidate that is the file itself.
  var start: Candidate {
    let faults = template.items("faults").map { Trouble(form: -1, written: $0) }
    let adversaries = template.items("adversaries").map { Trouble(form: -1, written: $0, isFault: false) }
    return Candidate(seed: base.seed, troubles: faults + adversaries)
  }

  /// The file with the candidate's values.
  func template(_ candidate: Candidate) throws(FileError) -> ScenarioTemplate {
    var result = template
    var overrides = ["seed=\(candidate.seed)"]
    if let duration = candidate.duration { overrides.append("duration=\(Self.span(duration))") }
    if let operators = candidate.operators { overrides.append("operators.count=\(operators)") }
    if let watchers = candidate.watchers { overrides.append("watchers.count=\(watchers)") }
    if let left = candidate.services {
      overrides.append("services=[\(left.map { services[$0] }.joined(separator: ", "))]")
    }
    result.remove("faults")
    result.remove("adversaries")
    let faults = candidate.troubles.filter(\.isFault).map(text)
    if !faults.isEmpty { overrides.append("faults=[\(faults.joined(separator: ", "))]") }
    let adversaries = candidate.troubles.filter { !$0.isFault }.map(text)
    if !adversaries.isEmpty { overrides.append("adversaries=[\(adversaries.joined(separator: ", "))]") }
    try result.set(overrides)
    return result
  }

  func scenario(_ candidate: Candidate) throws(FileError) -> Scenario { try template(candidate).scenario() }

  /// The entry in YAML, on one line.
  func text(_ trouble: Trouble) -> String {
    guard trouble.form >= 0 else { return trouble.written }
    let form = forms[trouble.form]
    var body = form.text
    for (k, ladder) in form.ladders.enumerated() {
      body = body.replacing("@\(k)", with: ladder[trouble.levels[k]])
    }
    switch form.list {
    case .faults:
      return
        "{at: \(Self.span(trouble.at)), for: \(Self.span(trouble.length)), draw: \(trouble.draw), \(body)}"
    case .adversaries:
      return
        "{\(body), from: \(Self.span(trouble.at)), until: \(Self.span(trouble.at + trouble.length)), draw: \(trouble.draw)}"
    }
  }

  /// In words, for a person.
  func name(_ trouble: Trouble) -> String { trouble.form >= 0 ? forms[trouble.form].name : trouble.written }

  /// The duration in milliseconds.
  func duration(_ candidate: Candidate) -> UInt64 {
    candidate.duration ?? base.duration.nanoseconds / 1_000_000
  }

  /// Milliseconds as scenario files write them.
  static func span(_ milliseconds: UInt64) -> String {
    "\(TimeSpan.milliseconds(milliseconds))"
  }
}
