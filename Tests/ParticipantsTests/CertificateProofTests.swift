// Where signatures are real a certificate carries what its signers signed, and the chain checks each of them, in every scheme that
// can be computed here.

import AVS
import Basics
import Contracts
import Participants
import Signatures
import Testing

@Suite struct CertificateProofTests {
  private static let schemes = SignatureScheme.allCases.filter { Signer.isAvailable($0) }

  /// A chain of four operators with keys.
  private struct Signed {
    let signer: Signer
    var story: Story
    let task: TaskID

    init(_ scheme: SignatureScheme) throws {
      let signer = try Signer(scheme: scheme, mode: .real, seed: 5, nodes: 4)
      var configuration = network()
      configuration.verifiesSignatures = true
      story = try Story(configuration)
      story.coordinator = try Coordinator(configuration) {
        signer.isValid(
          $0.signature, of: $0.attestation.signingDigest(domain: 9, mode: .real),
          by: $0.attestation.operatorID)
      }
      self.signer = signer
      task = try story.task(0, at: seconds(1))
    }

    func attestation(_ node: Int, _ result: Digest = truth) -> SignedAttestation {
      let attestation = Attestation(
        service: ServiceID(0), task: task, operatorID: NodeID(node), result: result,
        publishedAt: Instant(nanoseconds: UInt64(node)))
      return SignedAttestation(
        attestation: attestation,
        signature: signer.sign(attestation.signingDigest(domain: 9, mode: .real), by: NodeID(node)))
    }

    /// What becomes of a certificate of the first three with this proof; nil: accepted.
    mutating func verdict(_ proof: [SignedAttestation], signers: UInt64 = 0b0111) -> TransactionRefusal? {
      story.send(
        .certificate(
          Certificate(
            service: ServiceID(0), task: task, result: truth, signers: [signers], attestations: proof)),
        at: seconds(2))
      story.run(to: seconds(30))
      return story.refusals.last
    }
  }

  @Test(arguments: schemes) func whatEverybodySignedIsAccepted(scheme: SignatureScheme) throws {
    var signed = try Signed(scheme)
    #expect(signed.verdict([signed.attestation(0), signed.attestation(1), signed.attestation(2)]) == nil)
    #expect(signed.story.accepted.map(\.signers) == [3])
  }

  @Test(arguments: schemes) func aWrongSignatureIsRefused(scheme: SignatureScheme) throws {
    var signed = try Signed(scheme)
    var broken = signed.attestation(1)
    broken.signature.words[2] ^= 1
    #expect(
      signed.verdict([signed.attestation(0), broken, signed.attestation(2)])
        == .certificate(.invalidSignature(1)))
    #expect(signed.story.accepted.isEmpty)
    #expect(signed.story.coordinator.certificate(signed.task) == nil, "nothing has changed")
  }

  @Test(arguments: schemes) func anothersSignatureIsRefused(scheme: SignatureScheme) throws {
    var signed = try Signed(scheme)
    var stolen = signed.attestation(3)
    stolen.attestation.operatorID = NodeID(2)
    #expect(
      signed.verdict([signed.attestation(0), signed.attestation(1), stolen])
        == .certificate(.invalidSignature(2)))
  }

  /// The bits of an aggregator that claims more than it heard, and a proof that is about something else.
  @Test func whatDoesNotFitTheBitsIsRefused() throws {
    let counts: [(proof: [Int], refusal: CertificateRefusal)] = [
      ([0, 1], .wrongAttestationCount(found: 2, signers: 3)),
      ([0, 1, 2, 3], .wrongAttestationCount(found: 4, signers: 3)),
      ([], .wrongAttestationCount(found: 0, signers: 3)),
      ([0, 1, 3], .invalidSignature(2)), ([1, 0, 2], .invalidSignature(0)),
      ([0, 1, 1], .invalidSignature(2)),
    ]
    for (proof, refusal) in counts {
      var signed = try Signed(.ed25519)
      #expect(signed.verdict(proof.map { signed.attestation($0) }) == .certificate(refusal), "\(proof)")
    }
    var signed = try Signed(.ed25519)
    let other = signed.attestation(2, lie)
    #expect(
      signed.verdict([signed.attestation(0), signed.attestation(1), other])
        == .certificate(.invalidSignature(2)))
  }
}
