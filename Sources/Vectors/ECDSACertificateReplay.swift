// Replays recorded tables and certificates of the ECDSACertificateVerifier.

import BigInt
import Contracts
import Signatures

struct ECDSACertificateReplay: CertificateReplay {
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
    try replay.runSteps(document, &outcome)
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

  mutating func setRootDisabled(_ isDisabled: Bool, referenceTimestamp: UInt32) {
    verifier.setRootDisabled(isDisabled, referenceTimestamp: referenceTimestamp)
  }

  mutating func update(
    _ step: VectorField, _ place: String, _ outcome: inout ReplayOutcome
  ) throws(MalformedVector) -> CallResult {
    var members: [ECDSACertificateVerifier.Member] = []
    for member in try step["operators"].items() {
      members.append(
        ECDSACertificateVerifier.Member(
          signer: try member["address"].address(), weights: try Self.weights(member["weights"])))
    }
    let reference = try step["referenceTimestamp"].number(UInt32.self)
    let staleness = try step["maxStalenessPeriod"].number(UInt32.self)
    return entered { () throws(CertificateError) in
      try verifier.updateTable(members, referenceTimestamp: reference, stalenessMaximum: staleness)
    }
  }

  mutating func verify(
    _ step: VectorField, _ place: String, _ outcome: inout ReplayOutcome
  ) throws(MalformedVector) -> SignedWeights? {
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
    let verdict = try told(step, place, &outcome) { () throws(CertificateError) in
      try verifier.verify(certificate, at: now)
    }
    guard let verdict else { return nil }
    outcome.compare(
      "\(place) recoveredSigners", expected: Self.lowercased(step["recoveredSigners"].value),
      got: .array(verdict.signers.map { .string($0.description) }))
    return verdict.weights
  }
}
