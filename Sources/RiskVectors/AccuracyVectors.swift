// Vectors of slash accuracy, through the comparison that every run's summary uses.

import AVS
import Basics
import Exact
import Reporting
import Vectors

enum AccuracyVectors {
  static func accuracy(_ input: Reader, _ expect: Reader) throws(UnreadableVector) -> Computed {
    var names = Names()
    var classes: [OffenceClass] = []
    for one in input["classes"].items { classes.append(try offenceClass(one)) }
    var offences: [OffenceRecord] = []
    for one in input["offences"].items {
      offences.append(
        OffenceRecord(
          operatorID: NodeID(names.position("operator " + (try one["operator"].text()))),
          service: ServiceID(names.position("service " + (try one["avs"].text()))),
          offenceClass: try offenceClass(one["class"]), key: try one["task"].count(),
          at: try instant(one["at"]),
          violated: true, culpable: true, observable: true, dueWei: try one["amount"].amount()))
    }
    var slashes: [SlashRecord] = []
    for one in input["slashes"].items {
      let at = try instant(one["at"])
      let isVetoed = one["vetoed"].value.isTrue
      slashes.append(
        SlashRecord(
          operatorID: NodeID(names.position("operator " + (try one["operator"].text()))),
          service: ServiceID(names.position("service " + (try one["avs"].text()))),
          offenceClass: try offenceClass(one["class"]), key: try one["task"].count(), requestedAt: at,
          executedAt: isVetoed ? nil : at, state: isVetoed ? .vetoed : .executed,
          dueWei: try one["amount"].amount(), takenWei: try one["amount"].amount()))
    }
    let got = SlashAccuracy(offences: offences, slashes: slashes, classes: classes)
    var perClass: [String: Computed] = [:]
    for one in got.classes { perClass[one.offenceClass.rawValue] = counts(one.counts) }
    return .record([
      "per_class": .table(perClass), "micro": counts(got.micro), "macro_f1": .real(got.macro.f1),
      "macro_precision": .real(got.macro.precision), "macro_recall": .real(got.macro.recall),
      "wrong_class": .exact(got.wrongClass),
      "time_to_slash": .record([
        "p50": .real(got.timeToSlash.p50), "p90": .real(got.timeToSlash.p90),
        "max": .real(got.timeToSlash.max),
      ]),
      "mean_abs_relative_amount_error": .real(got.amountErrorMean),
      "overslashed_total": .exact(got.amounts.overSlashed),
    ])
  }

  private static func counts(_ counts: SlashAccuracy.Counts) -> Computed {
    .record([
      "tp": .exact(counts.truePositive), "fp": .exact(counts.falsePositive),
      "fn": .exact(counts.falseNegative),
      "precision": .real(counts.precision), "recall": .real(counts.recall), "f1": .real(counts.f1),
    ])
  }

  private static func offenceClass(_ reader: Reader) throws(UnreadableVector) -> OffenceClass {
    guard let found = OffenceClass(rawValue: try reader.text()) else {
      throw UnreadableVector(reason: "\(reader.path): no offence class is named \(try reader.text())")
    }
    return found
  }

  /// Seconds, possibly with decimals.
  private static func instant(_ reader: Reader) throws(UnreadableVector) -> Instant {
    guard let nanoseconds = (try reader.rational() * 1_000_000_000).amount.flatMap({ UInt64(exactly: $0) })
    else {
      throw UnreadableVector(reason: "\(reader.path): not a time")
    }
    return Instant(nanoseconds: nanoseconds)
  }
}
