// Replays recorded tables and certificates of the BN254CertificateVerifier, and compares with every outcome the values that
// it builds on: keys, leaves, proofs, roots, digests, message points.

import BN254
import BigInt
import Contracts
import Signatures

struct CertificateBN254Replay: CertificateReplay {
  private var verifier = BN254CertificateVerifier()
  private var keys: [BN254Point] = []

  static func run(_ document: VectorField, _ outcome: inout ReplayOutcome) throws(MalformedVector) {
    var replay = CertificateBN254Replay()
    for (k, key) in try document["keys"].items().enumerated() {
      try replay.compareKey(key, "key \(k)", &outcome)
    }
    try replay.runSteps(document, &outcome)
  }

  /// Public keys are the secret times the generators.
  private mutating func compareKey(
    _ key: VectorField, _ place: String, _ outcome: inout ReplayOutcome
  ) throws(MalformedVector) {
    keys.append(try key["pubkeyG1"].point())
    let secret = try key["secret"].word()
    let g1 = BN254Point(G1.generator.multiplied(by: secret))
    outcome.compare("\(place) pubkeyG1", expected: key["pubkeyG1"].value, got: .point(g1))
    if let expected = key["pubkeyG2"].ifPresent {
      let g2 = BN254Certificate.Key(G2.generator.multiplied(by: secret))
      outcome.compare(
        "\(place) pubkeyG2", expected: expected.value,
        got: .object(["x": .coordinate(g2.x), "y": .coordinate(g2.y)]))
    }
  }

  // MARK: - Tables

  mutating func setRootDisabled(_ isDisabled: Bool, referenceTimestamp: UInt32) {
    verifier.setRootDisabled(isDisabled, referenceTimestamp: referenceTimestamp)
  }

  mutating func update(
    _ step: VectorField, _ place: String, _ outcome: inout ReplayOutcome
  ) throws(MalformedVector) -> CallResult {
    let table = BN254OperatorTable(
      operatorInfoTreeRoot: try step["operatorInfoTreeRoot"].hash(),
      numOperators: try step["numOperators"].integer(), aggregatePubkey: try step["aggregatePubkey"].point(),
      totalWeights: try step["totalWeights"].integers())
    if let operators = step["operators"].ifPresent {
      try compareTree(try operators.items(), table, place, &outcome)
    }
    let reference = try step["referenceTimestamp"].number(UInt32.self)
    let staleness = try step["maxStalenessPeriod"].number(UInt32.self)
    return entered { () throws(CertificateError) in
      try verifier.updateTable(table, referenceTimestamp: reference, stalenessMaximum: staleness)
    }
  }

  /// The table built here from the operators that the step lists is the one given.
  private func compareTree(
    _ listed: [VectorField], _ table: BN254OperatorTable, _ place: String, _ outcome: inout ReplayOutcome
  ) throws(MalformedVector) {
    var infos: [BN254OperatorInfo] = []
    for one in listed {
      let index = try one["index"].number(UInt32.self)
      guard Int(index) < keys.count else { throw one["index"].wrong("there are \(keys.count) keys") }
      infos.append(BN254OperatorInfo(pubkey: keys[Int(index)], weights: try one["weights"].integers()))
    }
    guard !infos.isEmpty else { return }
    let tree = MerkleTree(infos.map(\.leaf))
    for (k, one) in listed.enumerated() {
      outcome.compare(
        "\(place) operator \(k) leaf", expected: one["leaf"].value, got: .string(infos[k].leaf.description))
      outcome.compare(
        "\(place) operator \(k) proof",
        expected: .array(try one["proof"].bytes().map { .integer(Int64($0)) }),
        got: .array(tree.proof(k).map { .integer(Int64($0)) }))
    }
    do throws(CertificateError) {
      let built = try BN254OperatorTable(of: infos)
      outcome.compare(
        "\(place) operatorInfoTreeRoot", expected: .string(table.operatorInfoTreeRoot.description),
        got: .string(built.operatorInfoTreeRoot.description))
      outcome.compare(
        "\(place) aggregatePubkey", expected: .point(table.aggregatePubkey),
        got: .point(built.aggregatePubkey))
      outcome.compare(
        "\(place) totalWeights", expected: .array(table.totalWeights.map { .amount($0) }),
        got: .array(built.totalWeights.map { .amount($0) }))
    } catch {
      outcome.fail("\(place): the operators make no table: \(error.name)")
    }
  }

  // MARK: - Certificates

  mutating func verify(
    _ step: VectorField, _ place: String, _ outcome: inout ReplayOutcome
  ) throws(MalformedVector) -> SignedWeights? {
    let certificate = try step["certificate"].certificate()
    if let digest = step["digest"].ifPresent {
      outcome.compare(
        "\(place) digest", expected: digest.value, got: .string(certificate.digest.description))
    }
    if let point = step["hashToG1"].ifPresent {
      outcome.compare(
        "\(place) hashToG1", expected: point.value,
        got: .point(BN254Point(G1(hashing: Word256(certificate.digest)))))
    }
    let now = try step["timestamp"].number(UInt64.self)
    return try told(step, place, &outcome) { () throws(CertificateError) in
      try verifier.verify(certificate, at: now)
    }
  }
}

// MARK: - Reading and writing

extension VectorField {
  fileprivate func word() throws(MalformedVector) -> Word256 {
    guard let word = value.text.flatMap({ Word256(decimal: $0) }) else {
      throw wrong("a decimal integer of at most 256 bits belongs here")
    }
    return word
  }

  fileprivate func point() throws(MalformedVector) -> BN254Point {
    BN254Point(x: try self["x"].word(), y: try self["y"].word())
  }

  fileprivate func coordinate() throws(MalformedVector) -> G2.Coordinate {
    G2.Coordinate(c0: try self["c0"].word(), c1: try self["c1"].word())
  }

  fileprivate func integers() throws(MalformedVector) -> [BigUInt] {
    var integers: [BigUInt] = []
    for item in try items() { integers.append(try item.integer()) }
    return integers
  }

  fileprivate func certificate() throws(MalformedVector) -> BN254Certificate {
    var nonSigners: [BN254NonSigner] = []
    for one in try self["nonSignerWitnesses"].items() {
      nonSigners.append(
        BN254NonSigner(
          operatorIndex: try one["operatorIndex"].number(UInt32.self), proof: try one["proof"].bytes(),
          info: BN254OperatorInfo(pubkey: try one["pubkey"].point(), weights: try one["weights"].integers())))
    }
    return BN254Certificate(
      referenceTimestamp: try self["referenceTimestamp"].number(UInt32.self),
      messageHash: try self["messageHash"].hash(), signature: try self["signature"].point(),
      apk: BN254Certificate.Key(
        x: try self["apk"]["x"].coordinate(), y: try self["apk"]["y"].coordinate()), nonSigners: nonSigners)
  }
}

extension JSONValue {
  fileprivate static func point(_ point: BN254Point) -> JSONValue {
    .object(["x": .string(point.x.description), "y": .string(point.y.description)])
  }
  fileprivate static func coordinate(_ c: G2.Coordinate) -> JSONValue {
    .object(["c0": .string(c.c0.description), "c1": .string(c.c1.description)])
  }
}
