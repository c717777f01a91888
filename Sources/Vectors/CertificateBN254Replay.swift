// Replays recorded BLS certificates over BN254 on the verifier and compares every outcome, and with them the values that
// the verifier builds on: keys, leaves, roots, digests, message points.
//
// Format: the `bn254Certificate` kind; steps `updateOperatorTable`, `setRootDisabled`, `verify`. Nothing here knows a
// particular file.

import BN254
import Contracts
import Signatures

public struct CertificateBN254Replay {
  private var verifier = BN254CertificateVerifier()
  private var keys: [BN254Point] = []

  /// Replays a document of that kind.
  public static func run(_ document: JSONValue, file: String) -> ReplayOutcome {
    var outcome = ReplayOutcome(file: file)
    guard !document["steps"].items.isEmpty, !document["keys"].items.isEmpty else {
      outcome.fail("not a document of this format: it has no keys or no steps")
      return outcome
    }
    var replay = CertificateBN254Replay()
    for (k, key) in document["keys"].items.enumerated() { replay.compareKey(key, "key \(k)", &outcome) }
    for step in document["steps"].items {
      outcome.steps += 1
      let place = "step \(step["i"].count ?? UInt64(outcome.steps - 1)) (\(step["op"].text ?? "?"))"
      switch step["op"].text {
      case "updateOperatorTable": replay.update(step, place, &outcome)
      case "setRootDisabled":
        replay.verifier.setRoot(
          at: UInt32(clamping: step["referenceTimestamp"].count ?? 0), disabled: step["disabled"].isTrue)
        outcome.compare("\(place) ok", expected: step["ok"], got: .bool(true))
      case "verify": replay.verify(step, place, &outcome)
      default: outcome.fail("\(place): unknown operation")
      }
    }
    return outcome
  }

  // MARK: - Steps

  /// Public keys are the secret times the generators.
  private mutating func compareKey(_ key: JSONValue, _ place: String, _ outcome: inout ReplayOutcome) {
    guard let point = key["pubkeyG1"].point else {
      outcome.fail("\(place) has no point pubkeyG1")
      return
    }
    keys.append(point)
    guard let secret = key["secret"].text.flatMap({ Word256(decimal: $0) }) else { return }
    let g1 = G1.generator.multiplied(by: secret)
    let g2 = G2.generator.multiplied(by: secret)
    outcome.compare("\(place) pubkeyG1", expected: key["pubkeyG1"], got: .point(BN254Point(g1)))
    if key["pubkeyG2"] != .null {
      outcome.compare(
        "\(place) pubkeyG2", expected: key["pubkeyG2"],
        got: .object(["x": .coordinate(g2.x), "y": .coordinate(g2.y)]))
    }
  }

  private mutating func update(_ step: JSONValue, _ place: String, _ outcome: inout ReplayOutcome) {
    guard let root = step["operatorInfoTreeRoot"].hash, let aggregate = step["aggregatePubkey"].point,
      let reference = step["referenceTimestamp"].count.flatMap({ UInt32(exactly: $0) })
    else {
      outcome.fail("\(place): not a table")
      return
    }
    let table = BN254OperatorTable(
      operatorInfoTreeRoot: root, numOperators: step["numOperators"].count ?? 0, aggregatePubkey: aggregate,
      totalWeights: step["totalWeights"].items.map { $0.amount ?? 0 })
    compareTree(step, table, place, &outcome)
    do throws(BN254CertificateError) {
      try verifier.updateOperatorTable(
        table, referenceTimestamp: reference,
        maxStalenessPeriod: UInt32(clamping: step["maxStalenessPeriod"].count ?? 0))
      outcome.compare("\(place) ok", expected: step["ok"], got: .bool(true))
    } catch {
      Self.refused(error, step, place, &outcome)
    }
  }

  /// The table built here from the operators that the step lists is the one given.
  private func compareTree(
    _ step: JSONValue, _ table: BN254OperatorTable, _ place: String, _ outcome: inout ReplayOutcome
  ) {
    let listed = step["operators"].items
    guard !listed.isEmpty, listed.count == keys.count else { return }
    let infos = listed.map { one in
      BN254OperatorInfo(
        pubkey: keys[min(Int(one["index"].count ?? 0), keys.count - 1)],
        weights: one["weights"].items.map { $0.amount ?? 0 })
    }
    let tree = BN254OperatorTree(infos)
    for (k, one) in listed.enumerated() {
      outcome.compare("\(place) operator \(k) leaf", expected: one["leaf"], got: .hash(infos[k].leaf))
      outcome.compare(
        "\(place) operator \(k) proof", expected: one["proof"], got: .hexadecimal(tree.proof(k)))
    }
    guard let built = try? BN254OperatorTable(of: infos) else {
      outcome.fail("\(place): the operators make no table")
      return
    }
    outcome.compare(
      "\(place) operatorInfoTreeRoot", expected: step["operatorInfoTreeRoot"],
      got: .hash(built.operatorInfoTreeRoot))
    outcome.compare(
      "\(place) aggregatePubkey", expected: step["aggregatePubkey"], got: .point(built.aggregatePubkey))
    outcome.compare(
      "\(place) totalWeights", expected: step["totalWeights"],
      got: .array(built.totalWeights.map { .amount($0) }))
  }

  private mutating func verify(_ step: JSONValue, _ place: String, _ outcome: inout ReplayOutcome) {
    guard let certificate = step["certificate"].certificate, let now = step["timestamp"].count else {
      outcome.fail("\(place): not a certificate")
      return
    }
    if step["digest"] != .null {
      outcome.compare("\(place) digest", expected: step["digest"], got: .hash(certificate.digest))
    }
    if step["hashToG1"] != .null {
      outcome.compare(
        "\(place) hashToG1", expected: step["hashToG1"],
        got: .point(BN254Point(G1(hashing: Word256(certificate.digest)))))
    }
    do throws(BN254CertificateError) {
      let signed = try verifier.verify(certificate, at: now)
      outcome.compare("\(place) ok", expected: step["ok"], got: .bool(true))
      let totals = verifier.table(at: certificate.referenceTimestamp)?.totalWeights ?? []
      outcome.compare(
        "\(place) signedStakeWeights", expected: step["signedStakeWeights"],
        got: .array(signed.map { .amount($0) }))
      outcome.compare(
        "\(place) totalStakeWeights", expected: step["totalStakeWeights"],
        got: .array(totals.map { .amount($0) }))
    } catch {
      Self.refused(error, step, place, &outcome)
      return
    }
    for (k, one) in step["proportion"].items.enumerated() {
      let bips = one["thresholdsBps"].items.map { UInt16(clamping: $0.count ?? .max) }
      compareThresholds(one, "\(place) proportion \(k)", &outcome) {
        verifier throws(BN254CertificateError) in
        try verifier.verifyProportion(certificate, thresholdsBips: bips, at: now)
      }
    }
    for (k, one) in step["nominal"].items.enumerated() {
      let thresholds = one["thresholds"].items.map { $0.amount ?? .max }
      compareThresholds(one, "\(place) nominal \(k)", &outcome) {
        verifier throws(BN254CertificateError) in
        try verifier.verifyNominal(certificate, thresholds: thresholds, at: now)
      }
    }
  }

  private mutating func compareThresholds(
    _ expected: JSONValue, _ place: String, _ outcome: inout ReplayOutcome,
    _ test: (inout BN254CertificateVerifier) throws(BN254CertificateError) -> Bool
  ) {
    do throws(BN254CertificateError) {
      let passed = try test(&verifier)
      outcome.compare("\(place) result", expected: expected["result"], got: .bool(passed))
    } catch {
      outcome.compare("\(place) error", expected: expected["error"], got: .string(error.name))
    }
  }

  private static func refused(
    _ error: BN254CertificateError, _ step: JSONValue, _ place: String, _ outcome: inout ReplayOutcome
  ) {
    outcome.compare("\(place) ok", expected: step["ok"], got: .bool(false))
    outcome.compare("\(place) error", expected: step["error"], got: .string(error.name))
  }
}

// MARK: - Reading and writing

extension JSONValue {
  fileprivate var word: Word256? { text.flatMap { Word256(decimal: $0) } }

  fileprivate var point: BN254Point? {
    guard let x = self["x"].word, let y = self["y"].word else { return nil }
    return BN254Point(x: x, y: y)
  }

  fileprivate var coordinate: G2.Coordinate? {
    guard let c0 = self["c0"].word, let c1 = self["c1"].word else { return nil }
    return G2.Coordinate(c0: c0, c1: c1)
  }

  fileprivate var bytes: [UInt8]? {
    guard let text, text.hasPrefix("0x"), text.utf8.count % 2 == 0 else { return nil }
    var bytes: [UInt8] = []
    var rest = text.dropFirst(2)
    while !rest.isEmpty {
      guard let byte = UInt8(rest.prefix(2), radix: 16) else { return nil }
      bytes.append(byte)
      rest = rest.dropFirst(2)
    }
    return bytes
  }

  fileprivate var hash: Hash256? { bytes.flatMap { Hash256(bytes: $0) } }

  fileprivate var certificate: BN254Certificate? {
    guard let reference = self["referenceTimestamp"].count.flatMap({ UInt32(exactly: $0) }),
      let message = self["messageHash"].hash, let signature = self["signature"].point,
      let x = self["apk"]["x"].coordinate, let y = self["apk"]["y"].coordinate
    else { return nil }
    var nonSigners: [BN254NonSigner] = []
    for one in self["nonSignerWitnesses"].items {
      guard let index = one["operatorIndex"].count.flatMap({ UInt32(exactly: $0) }),
        let proof = one["proof"].bytes,
        let pubkey = one["pubkey"].point
      else { return nil }
      let weights = one["weights"].items.map { $0.amount ?? .max }
      nonSigners.append(
        BN254NonSigner(
          operatorIndex: index, proof: proof, info: BN254OperatorInfo(pubkey: pubkey, weights: weights)))
    }
    return BN254Certificate(
      referenceTimestamp: reference, messageHash: message, signature: signature, apk: (x, y),
      nonSigners: nonSigners)
  }

  fileprivate static func point(_ point: BN254Point) -> JSONValue {
    .object(["x": .string(point.x.description), "y": .string(point.y.description)])
  }
  fileprivate static func coordinate(_ c: G2.Coordinate) -> JSONValue {
    .object(["c0": .string(c.c0.description), "c1": .string(c.c1.description)])
  }
  fileprivate static func hexadecimal(_ bytes: [UInt8]) -> JSONValue {
    .string("0x" + bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())
  }
  fileprivate static func hash(_ hash: Hash256) -> JSONValue { .hexadecimal(hash.bytes) }
}
