import AVS
import Basics
import Contracts
import Gossip
import Participants
import Runs
import Signatures
import Testing
import UV

@testable import Cluster

@Suite struct WireTests {
  @Test(arguments: Fact.Kind.allCases) func factsTravelAsTheyAre(kind: Fact.Kind) throws {
    let deployment = try Blueprint(smallScenario()).deployment
    let schedule = TaskSchedule(
      services: deployment.services, duration: deployment.duration, seed: deployment.seed)
    let fact = Fact(
      kind, node: NodeID(3), task: TaskID(2), at: Instant(nanoseconds: 0x0102_0304_0506_0708), value: 5,
      detail: 1,
      extra: 1 << 40)
    var bytes: [UInt8] = []
    fact.append(to: &bytes)
    #expect(bytes.count == Fact.wireBytes)
    var reader = WireReader(bytes)
    #expect(Fact(&reader, nodes: 10, schedule, members: [8]) == fact)
    #expect(reader.isAtEnd)
    for length in 0..<bytes.count {
      var cut = WireReader(Array(bytes[..<length]))
      #expect(Fact(&cut, nodes: 10, schedule, members: [8]) == nil)
    }
    var stranger = WireReader(bytes)
    #expect(Fact(&stranger, nodes: 3, schedule, members: [8]) == nil, "node 3 of 3")
  }

  @Test func factsAboutTasksAndMembersThatDoNotExistAreRefused() throws {
    let deployment = try Blueprint(smallScenario()).deployment
    let schedule = TaskSchedule(
      services: deployment.services, duration: deployment.duration, seed: deployment.seed)
    for (task, member) in [(UInt32(schedule.tasks.count), UInt64(0)), (0, 8), (.max, 0), (0, .max)] {
      var bytes: [UInt8] = []
      Fact(.published, node: NodeID(1), task: TaskID(task), at: .zero, value: member).append(to: &bytes)
      var reader = WireReader(bytes)
      #expect(Fact(&reader, nodes: 10, schedule, members: [8]) == nil)
    }
  }

  @Test(arguments: [SignatureScheme.ecdsaSecp256k1, .bn254, .bls12381]) func claimsTravelAsTheyAre(
    scheme: SignatureScheme
  ) throws {
    func signed(_ result: UInt64) -> SignedAttestation {
      let bytes = (0..<scheme.signatureBytes).map { UInt8(truncatingIfNeeded: UInt64($0) &+ result) }
      return SignedAttestation(
        attestation: Attestation(
          service: ServiceID(1), task: TaskID(2), operatorID: NodeID(3), result: Digest(result, 1, 2, 3),
          publishedAt: Instant(nanoseconds: 77)),
        signature: Signature(bytes: bytes) ?? .zero)
    }
    let bodies: [Transaction.Body] = [
      .certificate(
        Certificate(
          service: ServiceID(1), task: TaskID(9), result: Digest(1, 2, 3, 4), signers: [1, 1 << 63, 0],
          signedStake: UInt128(1) << 100 | 5)),
      .certificate(Certificate(service: ServiceID(1), task: TaskID(9), result: .zero, signers: [])),
      .certificate(
        Certificate(
          service: ServiceID(1), task: TaskID(2), result: Digest(1, 1, 2, 3), signers: [0b11],
          attestations: [signed(1), signed(9)])),
      .evidence(.pair(signed(1), signed(2))), .evidence(.single(signed(3))),
      .evidence(.certificate(ServiceID(1), TaskID(4))), .join(ServiceID(1), TaskID(4)),
    ]
    for body in bodies {
      let bytes = Submission(node: NodeID(5), body: body).encoded(scheme)
      let read = try #require(Submission(decoding: bytes, scheme))
      #expect(read.node == NodeID(5) && read.body == body)
      #expect(Submission(decoding: bytes + [0], scheme) == nil)
      #expect(Submission(decoding: Array(bytes.dropLast()), scheme) == nil)
    }
    #expect(Submission(decoding: [], scheme) == nil)
    #expect(Submission(decoding: [0, 0, 0, 1, 99], scheme) == nil)
  }

  @Test func newsFromTheChainTravelAsTheyAre() {
    for news in [
      ChainNews.certificate(TaskID(7), Digest(1, 2, 3, 4)), .challenge(TaskID(8), Digest(4, 3, 2, 1)),
      .stake(ServiceID(3), [0, 1, .max]),
      .certificateUndone(TaskID(8)),
      .stake(ServiceID(0), []),
    ] {
      #expect(ChainNews(decoding: news.encoded) == news)
      #expect(ChainNews(decoding: news.encoded + [1]) == nil)
    }
    let lost = ChainNews.lost([7, 7, 0])
    #expect(ChainNews(decoding: lost.encoded) == lost)
    #expect(ChainNews(decoding: []) == nil && ChainNews(decoding: [9, 0, 0, 0, 0]) == nil)
  }

  @Test(arguments: [0, 1, 7, 8, 9, 64, 200, 4_096]) func aFrameIsKnownByAllItsBytes(count: Int) {
    var known = KnownFrames()
    let frame = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    let hash = known.hash(frame.span)
    #expect(known.message(frame.span, hash: hash) == nil)
    known.remember(frame.span, hash: hash, .init(rawValue: 12))
    #expect(known.message(frame.span, hash: hash)?.rawValue == 12)
    for place in [0, count / 2, count - 1] where count > 0 {
      var other = frame
      other[place] ^= 1
      #expect(known.message(other.span, hash: known.hash(other.span)) == nil)
      // Even if the hashes met, the bytes decide.
      #expect(known.message(other.span, hash: hash) == nil)
    }
  }

  @Test func longFramesAreNotKept() {
    var known = KnownFrames()
    let frame = [UInt8](repeating: 1, count: 5_000)
    let hash = known.hash(frame.span)
    known.remember(frame.span, hash: hash, .init(rawValue: 1))
    #expect(known.message(frame.span, hash: hash) == nil)
  }

  @Test func aTimetableKeepsTheOrderOfInstants() throws {
    let loop = try Loop()
    defer { loop.close() }
    var told: [Int] = []
    let table = try Timetable<Int>(loop) { told.append($0) }
    for (entry, at) in [(3, 300), (1, 100), (2, 200), (4, 300), (0, 0)] {
      table.add(entry, at: .zero + .microseconds(UInt64(at)))
    }
    #expect(table.now == .zero && !table.hasBegun)
    table.begin(at: Loop.monotonicNanoseconds)
    #expect(loop.run { told.count == 5 })
    #expect(told == [0, 1, 2, 3, 4])
    table.close()
  }
}
