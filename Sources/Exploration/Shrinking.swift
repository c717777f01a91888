// From a run that breaks something to the smallest that still does: fewest troubles, smallest network, shortest, weakest, in
// that order. Each step offers smaller relatives, runs them side by side, and goes on with the first that still breaks
// the same thing; it ends when none does. Draws have names of their own, so what is left strikes as before. What the file says
// besides is looked at afterwards, see `Pruning`.

import Basics
import Scenarios

struct Shrinking {
  struct Result {
    var candidate: Candidate
    var outcome: TrialOutcome
    var violation: Violation
    var runs: Int
  }

  let hunt: Hunt
  let violation: Violation

  init(_ hunt: Hunt, _ violation: Violation) {
    self.hunt = hunt
    self.violation = violation
  }

  func shrink(
    _ start: Candidate, _ outcome: TrialOutcome, whileTrue goesOn: @Sendable () -> Bool
  ) -> Result {
    var best = Result(candidate: start, outcome: outcome, violation: violation, runs: 0)
    let passes: [(Candidate) -> [Candidate]] = [
      fewer, smaller, shorter, weaker, plainer, fewer,
    ]
    var changed = true
    while changed, goesOn() {
      changed = false
      for pass in passes {
        // The last pass over troubles is never cut short: nothing that is left may be removable.
        while goesOn(), let next = step(pass(best.candidate), &best) {
          best.candidate = next.0
          best.outcome = next.1
          changed = true
        }
      }
      if best.runs >= hunt.options.shrinkBudget { break }
    }
    best.violation = best.outcome.violations.first { $0 == violation } ?? violation
    return best
  }

  /// The first of the offers that still breaks the same thing.
  private func step(_ offers: [Candidate], _ best: inout Result) -> (Candidate, TrialOutcome)? {
    var rest = offers[...]
    // As many at a time as are certain to be tried, whatever the number of threads: some are wasted, none is missed.
    while !rest.isEmpty {
      let batch = Array(rest.prefix(4))
      rest = rest.dropFirst(batch.count)
      best.runs += batch.count
      let outcomes = hunt.workforce.map(batch) { _, candidate in hunt.run(candidate) }
      for (candidate, outcome) in zip(batch, outcomes) {
        if let outcome, outcome.violations.contains(violation) { return (candidate, outcome) }
      }
    }
    return nil
  }

  // MARK: Offers

  /// Without half of the troubles, then without one.
  private func fewer(_ candidate: Candidate) -> [Candidate] {
    let count = candidate.troubles.count
    var offers: [Candidate] = []
    if count > 3 {
      for half in [0..<count / 2, count / 2..<count] {
        var offer = candidate
        offer.troubles = Array(candidate.troubles[half])
        offers.append(offer)
      }
    }
    for k in candidate.troubles.indices {
      var offer = candidate
      offer.troubles.remove(at: k)
      offers.append(offer)
    }
    return offers
  }

  /// Fewer services, operators, watchers.
  private func smaller(_ candidate: Candidate) -> [Candidate] {
    var offers: [Candidate] = []
    let services = candidate.services ?? Array(hunt.ground.services.indices)
    if services.count > 1 {
      for k in services.indices {
        var offer = candidate
        offer.services = services
        offer.services?.remove(at: k)
        offers.append(offer)
      }
    }
    let operators = candidate.operators ?? hunt.ground.base.operators.count
    for count in [3, 4, 5, 6, 8, 10, 12, 14, 20, 40, 80].filter({ $0 < operators }) {
      var offer = candidate
      offer.operators = count
      offers.append(offer)
    }
    let watchers = candidate.watchers ?? hunt.ground.base.watchers.count
    for count in 0..<min(watchers, 3) {
      var offer = candidate
      offer.watchers = count
      offers.append(offer)
    }
    return offers
  }

  /// Shorter runs.
  private func shorter(_ candidate: Candidate) -> [Candidate] {
    let now = hunt.ground.duration(candidate)
    let latest = candidate.troubles.filter { $0.form >= 0 }.map { $0.at + Ground.step }.max() ?? 0
    let least = max(latest, hunt.ground.base.warmup.nanoseconds / 1_000_000 + 1_000)
    return [now / 4, now / 2, now * 3 / 4, now * 9 / 10].compactMap { span in
      let whole = span / 1_000 * 1_000
      guard whole >= least, whole < now else { return nil }
      var offer = candidate
      offer.duration = whole
      return offer
    }
  }

  /// Shorter, weaker and less qualified troubles.
  private func weaker(_ candidate: Candidate) -> [Candidate] {
    var offers: [Candidate] = []
    for (k, trouble) in candidate.troubles.enumerated() where trouble.form >= 0 {
      for (hole, level) in trouble.levels.enumerated() {
        for less in 0..<level {
          var offer = candidate
          offer.troubles[k].levels[hole] = less
          offers.append(offer)
        }
      }
      for manner in 0..<trouble.manner {
        var offer = candidate
        offer.troubles[k].manner = manner
        offers.append(offer)
      }
      if trouble.isOpen {
        var offer = candidate
        offer.troubles[k].isOpen = false
        offers.append(offer)
      }
      if hunt.ground.forms[trouble.form].timing == .moment || trouble.isOpen { continue }
      for length in [trouble.length / 8, trouble.length / 2, trouble.length * 3 / 4] {
        let whole = length / Ground.step * Ground.step
        guard whole >= Ground.step, whole < trouble.length else { continue }
        var offer = candidate
        offer.troubles[k].length = whole
        offers.append(offer)
      }
    }
    return offers
  }

  /// Rounder times, smaller numbers.
  private func plainer(_ candidate: Candidate) -> [Candidate] {
    var offers: [Candidate] = []
    for seed in 1...3 as ClosedRange<UInt64> where candidate.seed > seed {
      var offer = candidate
      offer.seed = seed
      offers.append(offer)
    }
    for (k, trouble) in candidate.troubles.enumerated() where trouble.form >= 0 {
      let form = hunt.ground.forms[trouble.form]
      for unit in [10_000, 1_000] as [UInt64]
      where trouble.at % unit != 0 && (form.timing != .later || trouble.at >= unit)
        && form.timing != .fromStart
      {
        var offer = candidate
        offer.troubles[k].at = trouble.at / unit * unit
        offers.append(offer)
      }
      if trouble.length % 1_000 != 0, trouble.length > 1_000, form.timing != .moment {
        var offer = candidate
        offer.troubles[k].length = trouble.length / 1_000 * 1_000
        offers.append(offer)
      }
      if trouble.draw > 9 {
        var offer = candidate
        offer.troubles[k].draw = UInt64(k + 1)
        offers.append(offer)
      }
    }
    return offers
  }
}
