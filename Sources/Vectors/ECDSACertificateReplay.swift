// Replays recorded tables and certificates of the ECDSACertificateVerifier.

import BigInt
import Contracts
import Signatures

struct ECDSACertificateReplay {
  private var verifier: ECDSACertificateVerifier
  private let recovery: ECDSARecovery

  private init(_ document: VectorField, _ recovery: ECDSARecovery) throws(MalformedVector) {
    self.recovery = recovery
    // The domain's version is the first character of the contract's, which documents name among their sources.
    let version = document["source"]["version"].value.text?.first { $0.isNumber } ?? "1"
    verifier = ECDSACertificateVerifier(
      contract: try document["verifyingContract"].address(), version: version, recovery: recovery)
  }

  /// Throws `SchemeUnavailable` where libsecp256k1 is not installed.
  static func run(_ document: VectorField, _ outcome: inout ReplayOutcome) throws {
    var replay = try ECDSACertificateReplay(document, try ECDSARecovery())
    outcome.compare(
      "domainSeparator", expected: document["domainSeparator"].value,
      got: .string(replay.verifier.domainSeparator.description))
    for (k, key) in try (document["keys"].ifPresent?.items() ?? []).enumerated() {
      let address = replay.recovery.address(ofSecret: try key["secret"].bytes())
      outcome.compare(
        "key \(k)", expected: Self.lowercased(key["address"].value),
        got: address.map { .string($0.description) } ?? .null)
    }
    for step in try document["steps"].items() {
      let place = step.stepName(outcome.steps)
      outcome.steps += 1
      switch try step["op"].text() {
      case "updateOperatorTable": try replay.update(step, place, &outcome)
      case "setRootDisabled":
        replay.verifier.setRootDisabled(
          try step["disabled"].bool(), referenceTimestamp: try step["referenceTimestamp"].number(UInt32.self))
        outcome.compare("\(place) ok", expected: step["ok"].value, got: .bool(true))
      case "verify": try replay.verify(step, place, &outcome)
      default: throw step["op"].wrong("the README of the vectors lists the operations")
      }
    }
  }

  /// Checksummed addresses are compared without their capitals.
  private static func lowercased(_ value: JSONValue) -> JSONValue {
    switch value {
    case .string(let text): .string(text.lowercased())
    case .array(let items): .array(items.map { lowercased($0) })
    default: value
    }
  }

  private static func weights(_ field: VectorField) throws(MalformedVector) -> [BigUInt] {
    var weights: [BigUInt] = []
    for weight in try field.items() { weights.append(try weight.integer()) }
    return weights
  }

  private mutating func update(
    _ step: VectorField, _ place: String, _ outcome: inout ReplayOutcome
  ) throws(MalformedVector) {
    var members: [ECDSACertificateVerifier.Member] = []
    for member in try step["operators"].items() {
      members.append(
        ECDSACertificateVerifier.Member(
          signer: try member["address"].address(), weights: try Self.weights(member["weights"])))
    }
    let reference = try step["referenceTimestamp"].number(UInt32.self)
    let staleness = try step["maxStalenessPeriod"].number(UInt32.self)
    var result = CallResult()
    do throws(CertificateError) {
      try verifier.updateTable(members, referenceTimestamp: reference, stalenessMaximum: staleness)
    } catch {
      result.error = error.name
    }
    try result.compare(with: step, place, &outcome)
  }

  private func verify(
    _ step: VectorField, _ place: String, _ outcome: inout ReplayOutcome
  ) throws(MalformedVector) {
    let field = step["certificate"]
    let certificate = ECDSACertificate(
      referenceTimestamp: try field["referenceTimestamp"].number(UInt32.self),
      messageHash: try field["messageHash"].hash(), signatures: try field["sig"].bytes())
    if let digest = step["digest"].ifPresent {
      let own = verifier.digest(
        referenceTimestamp: certificate.referenceTimestamp, messageHash: certificate.messageHash)
      outcome.compare("\(place) digest", expected: digest.value, got: .string(own.description))
    }
    let now = try step["timestamp"].number(UInt64.self)
    let verdict: ECDSACertificateVerifier.Verdict
    do throws(CertificateError) {
      verdict = try verifier.verify(certificate, at: now)
    } catch {
      return try CallResult.failed(error.name).compare(with: step, place, &outcome)
    }
    try CallResult().compare(with: step, place, &outcome)
    let weights = verdict.weights
    outcome.compare(
      "\(place) signedStakeWeights", expected: step["signedStakeWeights"].value,
      got: .array(weights.signed.map { .amount($0) }))
    outcome.compare(
      "\(place) totalStakeWeights", expected: step["totalStakeWeights"].value,
      got: .array(weights.total.map { .amount($0) }))
    outcome.compare(
      "\(place) recoveredSigners", expected: Self.lowercased(step["recoveredSigners"].value),
      got: .array(verdict.signers.map { .string($0.description) }))
    try ThresholdReplay.compare(weights, with: step, place, &outcome)
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
