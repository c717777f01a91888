// What the documents of both curves' certificates have in common: their steps, how a refusal is told, the weights of what was
// signed, and the threshold tests.

import BigInt
import Contracts

/// A verifier that replays recorded tables and certificates.
protocol CertificateReplay {
  /// Runs a step that enters a table; throws what the verifier refuses.
  mutating func update(_ step: VectorField, _ place: String, _ outcome: inout ReplayOutcome)
    throws(MalformedVector) -> CallResult
  mutating func setRootDisabled(_ isDisabled: Bool, referenceTimestamp: UInt32)
  /// Runs a step that verifies a certificate; nil after a refusal, which has been compared.
  mutating func verify(_ step: VectorField, _ place: String, _ outcome: inout ReplayOutcome)
    throws(MalformedVector) -> SignedWeights?
}

extension CertificateReplay {
  mutating func runSteps(_ document: VectorField, _ outcome: inout ReplayOutcome) throws(MalformedVector) {
    for step in try document["steps"].items() {
      let place = step.stepName(outcome.steps)
      outcome.steps += 1
      switch try step["op"].text() {
      case "updateOperatorTable":
        try update(step, place, &outcome).compare(with: step, place, &outcome)
      case "setRootDisabled":
        setRootDisabled(
          try step["disabled"].bool(), referenceTimestamp: try step["referenceTimestamp"].number(UInt32.self))
        outcome.compare("\(place) ok", expected: step["ok"].value, got: .bool(true))
      case "verify":
        guard let weights = try verify(step, place, &outcome) else { continue }
        outcome.compare(
          "\(place) signedStakeWeights", expected: step["signedStakeWeights"].value,
          got: .array(weights.signed.map { .amount($0) }))
        outcome.compare(
          "\(place) totalStakeWeights", expected: step["totalStakeWeights"].value,
          got: .array(weights.total.map { .amount($0) }))
        try ThresholdReplay.compare(weights, with: step, place, &outcome)
      default: throw step["op"].wrong("the README of the vectors lists the operations")
      }
    }
  }

  /// Tells how a verification went, and passes on what it returned.
  func told<Verdict>(
    _ step: VectorField, _ place: String, _ outcome: inout ReplayOutcome,
    _ verify: () throws(CertificateError) -> Verdict
  ) throws(MalformedVector) -> Verdict? {
    let verdict: Verdict
    do throws(CertificateError) { verdict = try verify() } catch {
      try CallResult.failed(error.name).compare(with: step, place, &outcome)
      return nil
    }
    try CallResult().compare(with: step, place, &outcome)
    return verdict
  }

  /// The result of entering a table.
  func entered(_ update: () throws(CertificateError) -> Void) -> CallResult {
    do throws(CertificateError) { try update() } catch { return .failed(error.name) }
    return CallResult()
  }
}

/// The threshold tests that both curves' documents list under `proportion` and `nominal`.
enum ThresholdReplay {
  static func compare(
    _ weights: SignedWeights, with step: VectorField, _ place: String, _ outcome: inout ReplayOutcome
  ) throws(MalformedVector) {
    for (k, test) in try (step["proportion"].ifPresent?.items() ?? []).enumerated() {
      var bips: [UInt16] = []
      for one in try test["thresholdsBps"].items() { bips.append(try one.number(UInt16.self)) }
      outcome.compare(
        "\(place) proportion \(k)", expected: test["result"].value,
        got: result { () throws(CertificateError) in try weights.reach(proportions: bips) })
    }
    for (k, test) in try (step["nominal"].ifPresent?.items() ?? []).enumerated() {
      var thresholds: [BigUInt] = []
      for one in try test["thresholds"].items() { thresholds.append(try one.integer()) }
      outcome.compare(
        "\(place) nominal \(k)", expected: test["result"].value,
        got: result { () throws(CertificateError) in try weights.reach(nominal: thresholds) })
    }
  }

  private static func result(_ test: () throws(CertificateError) -> Bool) -> JSONValue {
    do throws(CertificateError) { return .bool(try test()) } catch { return .string(error.name) }
  }
}
