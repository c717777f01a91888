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
  /// An adversary that never ends.
  var isOpen = false
  /// For each hole of the form, a position on its ladder.
  var levels: [Int] = []
  /// Of an adversary: position in `TroubleForm.manners`.
  var manner = 0
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
  /// Positions in `forms`, each as often as its weight: what draws take from.
  private(set) var deck: [Int] = []
  /// Texts of the file's services.
  var services: [String]

  /// - Throws: when the file is no scenario.
  init(_ template: ScenarioTemplate) throws(FileError) {
    self.template = template
    base = try template.scenario()
    services = template.items("services")
    forms = []
    let table = TroubleForm.table(base)
    forms = table.compactMap(fitted)
    deck = forms.indices.flatMap { Array(repeating: $0, count: forms[$0].weight) }
  }

  /// The form with those values that the scenario takes; nil when it does not take the form at all.
  private func fitted(_ form: TroubleForm) -> TroubleForm? {
    var ground = self
    ground.forms = [form]
    func fits(_ levels: [Int]) -> Bool {
      let trouble = Trouble(
        form: 0, isFault: form.list == .faults, at: form.timing == .later ? Self.step : 0, length: 1_000,
        levels: levels)
      return (try? ground.scenario(Candidate(seed: base.seed, troubles: [trouble]))) != nil
    }
    let weakest = form.ladders.map { _ in 0 }
    guard fits(weakest) else { return nil }
    var result = form
    for (hole, ladder) in form.ladders.enumerated() {
      // Ladders rise: what is too strong lies at the end.
      var top = ladder.count - 1
      while top > 0 {
        var levels = weakest
        levels[hole] = top
        if fits(levels) { break }
        top -= 1
      }
      result.ladders[hole] = Array(ladder[...top])
    }
    return result
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
    let faults = candidate.troubles.filter(\.isFault).map { text($0, candidate) }
    if !faults.isEmpty { overrides.append("faults=[\(faults.joined(separator: ", "))]") }
    let adversaries = candidate.troubles.filter { !$0.isFault }.map { text($0, candidate) }
    if !adversaries.isEmpty { overrides.append("adversaries=[\(adversaries.joined(separator: ", "))]") }
    try result.set(overrides)
    return result
  }

  func scenario(_ candidate: Candidate) throws(FileError) -> Scenario { try template(candidate).scenario() }

  /// The entry in YAML, on one line. Who aggregates has the number after all operators and watchers, however many are left.
  func text(_ trouble: Trouble, _ candidate: Candidate) -> String {
    guard trouble.form >= 0 else { return trouble.written }
    let form = forms[trouble.form]
    var parts = [form.text]
    for (k, ladder) in form.ladders.enumerated() {
      parts[0] = parts[0].replacing("@\(k)", with: ladder[trouble.levels[k]])
    }
    let aggregator =
      (candidate.operators ?? base.operators.count) + (candidate.watchers ?? base.watchers.count)
    parts[0] = parts[0].replacing("@aggregator", with: "\(aggregator)")
    switch form.list {
    case .faults:
      parts.insert("at: \(Self.span(trouble.at))", at: 0)
      if form.timing != .moment { parts.insert("for: \(Self.span(trouble.length))", at: 1) }
    case .adversaries:
      if trouble.manner > 0 { parts.append(TroubleForm.manners[trouble.manner]) }
      if form.timing != .fromStart { parts.append("from: \(Self.span(trouble.at))") }
      if !trouble.isOpen { parts.append("until: \(Self.span(trouble.at + trouble.length))") }
    }
    parts.append("draw: \(trouble.draw)")
    return "{\(parts.joined(separator: ", "))}"
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
