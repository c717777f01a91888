import AVS
import Basics
import Signatures
import Testing

@Suite struct AttestationWireTests {
  private let signed = SignedAttestation(
    attestation: Attestation(
      service: ServiceID(3 as UInt16), task: TaskID(70_000 as UInt32), operatorID: NodeID(299 as UInt32),
      source: 4, target: 5,
      result: keccak256("result".utf8), publishedAt: Instant(nanoseconds: 123_456_789_012)),
    signature: Signature(bytes: (0..<65).map { UInt8($0) }) ?? .zero)

  @Test(arguments: SignatureScheme.allCases)
  func whatIsWrittenIsRead(scheme: SignatureScheme) throws {
    let bytes = signed.encoded(scheme, paddedTo: 300)
    #expect(bytes.count == 300)
    let read = try SignedAttestation(decoding: bytes, scheme)
    #expect(read.attestation == signed.attestation)
    #expect(read.signature.bytes(scheme.signatureBytes) == signed.signature.bytes(scheme.signatureBytes))
  }

  @Test func everyTruncationIsRefused() {
    let bytes = signed.encoded(.ecdsaSecp256k1, paddedTo: 0)
    for length in 0..<bytes.count {
      #expect(throws: AttestationWireError.tooShort(bytes: length, needed: bytes.count)) {
        try SignedAttestation(decoding: bytes[..<length], .ecdsaSecp256k1)
      }
    }
  }

  @Test func anotherVersionIsRefused() {
    var bytes = signed.encoded(.ecdsaSecp256k1, paddedTo: 0)
    bytes[0] = 9
    #expect(throws: AttestationWireError.unknownVersion(9)) {
      try SignedAttestation(decoding: bytes, .ecdsaSecp256k1)
    }
  }
}

@Suite struct EquivocationTests {
  private func vote(_ task: UInt32, _ source: UInt32, _ target: UInt32, _ result: UInt64 = 1) -> Attestation {
    Attestation(
      service: ServiceID(0 as UInt16), task: TaskID(task), operatorID: NodeID(7 as UInt32), source: source,
      target: target,
      result: Digest(result, 0, 0, 0), publishedAt: .zero)
  }

  @Test func twoContentsForOneTaskAreADoubleVote() {
    #expect(Equivocation.judge(older: vote(1, 0, 0, 1), newer: vote(1, 0, 0, 2)) == .doubleVote)
    #expect(Equivocation.judge(older: vote(1, 0, 0, 1), newer: vote(1, 0, 0, 1)) == .notSlashable)
    #expect(Equivocation.judge(older: vote(1, 0, 0, 1), newer: vote(2, 0, 0, 2)) == .notSlashable)
  }

  /// All pairs of spans in a small space: strict nesting, and nothing else, is slashable.
  @Test func strictNestingIsASurround() {
    for s1 in 1...4 as ClosedRange<UInt32> {
      for t1 in s1 + 1...6 {
        for s2 in 1...4 as ClosedRange<UInt32> {
          for t2 in s2 + 1...6 {
            let verdict = Equivocation.judge(older: vote(1, s1, t1), newer: vote(2, s2, t2))
            if s2 < s1 && t1 < t2 {
              #expect(verdict == .surrounds)
            } else if s1 < s2 && t2 < t1 {
              #expect(verdict == .surrounded)
            } else {
              #expect(verdict == .notSlashable)
            }
          }
        }
      }
    }
  }

  @Test func strangersAreNeverCompared() {
    var other = vote(1, 0, 0, 2)
    other.operatorID = NodeID(8 as UInt32)
    #expect(Equivocation.judge(older: vote(1, 0, 0, 1), newer: other) == .notSlashable)
  }
}
