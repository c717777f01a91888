// BLS certificates over BN254: recorded ones replay without a difference, and each way of being refused is met.

import BN254
import BigInt
import Basics
import Contracts
import Foundation
import Signatures
import Testing
import Vectors

/// A table of `count` operators, and certificates that leave some of them out.
private struct Committee {
  let secrets: [Word256]
  let operators: [BN254OperatorInfo]
  let tree: MerkleTree

  init(seed: UInt64, count: Int) {
    let random = HashRandom(seed: seed, .keys)
    secrets = (0..<UInt64(count)).map { Word256(random.bits($0, 0), random.bits($0, 1), 1).reducedToScalar }
    operators = secrets.enumerated().map { k, secret in
      BN254OperatorInfo(
        pubkey: BN254Point(G1.generator.multiplied(by: secret)), weights: [BigUInt(10 * (k + 1)), 7])
    }
    tree = MerkleTree(operators.map(\.leaf))
  }

  func certificate(without absent: [Int], reference: UInt32, message: String = "result") -> BN254Certificate {
    let hash = keccak256(message.utf8)
    let point = G1(hashing: Word256(BN254Certificate.digest(reference, hash)))
    let present = secrets.indices.filter { !absent.contains($0) }
    let apk = G2.sum(present.map { G2.generator.multiplied(by: secrets[$0]) })
    return BN254Certificate(
      referenceTimestamp: reference, messageHash: hash,
      signature: BN254Point(G1.sum(present.map { point.multiplied(by: secrets[$0]) })),
      apk: BN254Certificate.Key(apk),
      nonSigners: absent.map {
        BN254NonSigner(operatorIndex: UInt32($0), proof: tree.proof($0), info: operators[$0])
      })
  }

  func verifier(reference: UInt32, staleness: UInt32 = 0) throws -> BN254CertificateVerifier {
    var verifier = BN254CertificateVerifier()
    try verifier.updateTable(
      BN254OperatorTable(of: operators), referenceTimestamp: reference, stalenessMaximum: staleness)
    return verifier
  }
}

@Suite("BLS certificates over BN254") struct BN254CertificateTests {
  @Test(
    "recorded certificates replay without a difference", arguments: ["bn254_seven_operators", "bn254_stale"])
  func replays(name: String) throws {
    let url = try #require(
      Bundle.module.resourceURL?.appendingPathComponent("Vectors/certificates/\(name).json"))
    let outcome = try VectorFile.replay(Data(contentsOf: url), name: name)
    #expect(outcome.failed == 0, "\(outcome.first ?? "")")
    #expect(outcome.steps >= 20 && outcome.observations > 100)
  }

  @Test("non-signers are subtracted, and proven once") func nonSigners() throws {
    let committee = Committee(seed: 1, count: 3)
    var verifier = try committee.verifier(reference: 100)
    var certificate = committee.certificate(without: [1], reference: 100)
    #expect(try verifier.verify(certificate, at: 500).signed == [40, 14])
    #expect(verifier.isProven(1, at: 100) && !verifier.isProven(0, at: 100))
    // Proven already: neither proof nor weights of the witness are read.
    certificate.nonSigners[0].proof = [1, 2, 3]
    certificate.nonSigners[0].info.weights = [0, 0]
    #expect(try verifier.verify(certificate, at: 500).signed == [40, 14])
  }

  @Test("a refused certificate leaves nothing proven") func refusedChangesNothing() throws {
    let committee = Committee(seed: 2, count: 3)
    var verifier = try committee.verifier(reference: 100)
    var certificate = committee.certificate(without: [1], reference: 100)
    certificate.messageHash = keccak256("another".utf8)
    #expect(throws: CertificateError.verificationFailed) { try verifier.verify(certificate, at: 500) }
    #expect(!verifier.isProven(1, at: 100))
  }

  @Test("every check refuses by its name") func refusals() throws {
    let committee = Committee(seed: 3, count: 2)
    let verifier = try committee.verifier(reference: 100, staleness: 50)
    let good = committee.certificate(without: [1], reference: 100)
    func refusal(
      at now: UInt64 = 150, _ change: (inout BN254Certificate, inout BN254CertificateVerifier) -> Void
    )
      -> String?
    {
      var certificate = good
      var changed = verifier
      change(&certificate, &changed)
      do throws(CertificateError) {
        _ = try changed.verify(certificate, at: now)
        return nil
      } catch { return error.name }
    }
    #expect(refusal { _, _ in } == nil)
    #expect(refusal(at: 151) { _, _ in } == "CertificateStale")
    #expect(refusal { c, _ in c.referenceTimestamp = 101 } == "ReferenceTimestampDoesNotExist")
    #expect(refusal { _, v in v.setRootDisabled(true, referenceTimestamp: 100) } == "RootDisabled")
    #expect(refusal { c, _ in c.nonSigners.append(c.nonSigners[0]) } == "NonSignerIndicesNotSorted")
    #expect(refusal { c, _ in c.nonSigners[0].operatorIndex = 2 } == "InvalidOperatorIndex")
    #expect(refusal { c, _ in c.nonSigners[0].proof.append(1) } == "InvalidProofLength")
    #expect(refusal { c, _ in c.nonSigners[0].proof = [] } == "VerificationFailed")
    #expect(refusal { c, _ in c.nonSigners[0].info.weights[0] += 1 } == "VerificationFailed")
    #expect(refusal { c, _ in c.signature = BN254Point(x: Word256(1), y: Word256(1)) } == "ECAddFailed")
    #expect(refusal { c, _ in c.apk.x.c0 = Word256(1) } == "VerificationFailed")
    #expect(refusal { c, _ in c.signature = BN254Point(.infinity) } == "VerificationFailed")
    #expect(refusal { c, _ in c.nonSigners = [] } == "VerificationFailed")
  }

  @Test("tables only go forward in time") func tables() throws {
    let committee = Committee(seed: 4, count: 1)
    var verifier = try committee.verifier(reference: 100)
    let table = try #require(verifier.table(at: 100))
    #expect(throws: CertificateError.tableUpdateStale) {
      try verifier.updateTable(table, referenceTimestamp: 100, stalenessMaximum: 0)
    }
    try verifier.updateTable(table, referenceTimestamp: 101, stalenessMaximum: 9)
    #expect(verifier.latestReferenceTimestamp == 101 && verifier.stalenessMaximum == 9)
  }

  @Test("shares of the total round down, for every stake type") func thresholds() throws {
    let committee = Committee(seed: 5, count: 2)
    var verifier = try committee.verifier(reference: 100)
    let certificate = committee.certificate(without: [1], reference: 100)  // signed 10 of 30, and 7 of 14
    let weights = try verifier.verify(certificate, at: 1)
    #expect(try weights.reach(proportions: [3_666, 5_000]))  // floor(10.998) = 10
    #expect(try !weights.reach(proportions: [3_667, 5_000]))  // floor(11.001) = 11
    #expect(try !weights.reach(proportions: [3_666, 5_715]))  // floor(8.001) = 8
    #expect(try weights.reach(nominal: [10, 7]))
    #expect(try !weights.reach(nominal: [10, 8]))
  }
}
