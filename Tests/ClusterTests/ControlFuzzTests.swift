// Fuzz target of the control protocol: bytes on the socket of a cluster, and the bodies of its messages. Nothing traps, and a
// message that is taken is the one message that these bytes are.

import AVS
import Basics
import Contracts
import Gossip
import Libp2p
import Network
import Participants
import Reporting
import Runs
import Scenarios
import Signatures
import Testing
import TestKit
import UV

@testable import Cluster

@Suite struct ControlFuzzTests {
  private static let corpus = FuzzCorpus("control")
  private static let schedule: (nodes: Int, schedule: TaskSchedule, members: [Int]) = {
    let deployment = try! Blueprint(smallScenario()).deployment
    return (
      deployment.nodes.count,
      TaskSchedule(services: deployment.services, duration: deployment.duration, seed: deployment.seed),
      deployment.services.map(\.members.count)
    )
  }()

  /// What bytes on the socket amount to.
  private static func play(_ bytes: [UInt8]) -> String {
    var stream = FrameStream(frameBytesMaximum: ControlMessage.bytesMaximum)
    var parts: Set<String> = []
    let outcome = stream.feed(bytes.span) { frame in
      do throws(ControlMessageError) {
        let message = try ControlMessage(decoding: frame)
        #expect(message.encoded == copy(frame))
        parts.insert(read(message))
        return true
      } catch {
        parts.insert("ends: \(FuzzCorpus.outcome(error))")
        return false
      }
    }
    if case .failed(let error) = outcome { parts.insert("ends: \(FuzzCorpus.outcome(error))") }
    return parts.sorted().joined(separator: ", ")
  }

  /// Reads the body as its receiver does.
  private static func read(_ message: ControlMessage) -> String {
    let kind = String("\(message)".prefix { $0 != "(" })
    var isRead = true
    switch message {
    case .facts(let body):
      var reader = WireReader(body)
      while isRead, !reader.isAtEnd {
        isRead = Fact(&reader, nodes: schedule.nodes, schedule.schedule, members: schedule.members) != nil
      }
    case .submission(let body): isRead = Submission(decoding: body, .ecdsaSecp256k1) != nil
    case .statistics(let body), .finished(let body):
      isRead = NodeTotals(decoding: body, nodes: schedule.nodes) != nil
    case .assignment(let body): isRead = NodeAssignment(decoding: body) != nil
    case .chain(let body): isRead = ChainNews(decoding: body) != nil
    case .fault(_, let body): isRead = LiveFault(decoding: body) != nil
    case .request(let body): isRead = ClusterRequest(decoding: body) != nil
    case .response(let body): isRead = ClusterResponse(decoding: body) != nil
    default: break
    }
    return isRead ? kind : "\(kind) of nonsense"
  }

  private static let bodies: [ControlMessage] =
    examples + [
      .request(ClusterRequest.heal(id: 3).encoded), .request(ClusterRequest.inject(yaml: "x").encoded),
      .response(ClusterResponse(code: 1, "text").encoded),
      .chain(ChainNews.certificate(TaskID(1), Digest(1, 2, 3, 4)).encoded),
      .chain(ChainNews.stake(ServiceID(0), [1, 2]).encoded),
      .facts(
        {
          var bytes: [UInt8] = []
          Fact(.published, node: NodeID(1), task: TaskID(0), at: .zero, value: 1).append(to: &bytes)
          return bytes
        }()),
    ]

  @Test(arguments: FuzzCorpus.seeds) func changedMessages(seed: UInt64) throws {
    var random = RandomStream(seed: mix(seed))
    var found: [String: [UInt8]] = [:]
    for _ in 0..<150 {
      var bytes: [UInt8] = []
      for _ in 0..<1 + random.below(2) {
        let body = Self.bodies[random.below(Self.bodies.count)].encoded
        bytes.append(addingCapacity: body.count + 10) { $0.append(frame: body.span) }
      }
      for _ in 0..<random.below(5) {
        let place = random.below(bytes.count)
        switch random.below(5) {
        case 0: bytes[place] ^= 1 << UInt8(random.below(8))
        case 1: bytes[place] = UInt8(random.below(256))
        case 2: bytes[place] = [0, 1, 0x7F, 0x80, 0xFF][random.below(5)]
        case 3 where bytes.count > 1: bytes.removeSubrange(place...)
        default: bytes.insert(UInt8(random.below(256)), at: place)
        }
        if bytes.isEmpty { bytes = [0] }
      }
      let outcome = Self.play(bytes)
      if bytes.count < found[outcome]?.count ?? .max { found[outcome] = bytes }
    }
    try Self.corpus.keep(found)
  }

  @Test func everyInputOfTheCorpusEndsAsItDid() throws {
    let entries = try Self.corpus.entries()
    #expect(entries.count >= 20)
    for (outcome, input) in entries { #expect(Self.play(input) == outcome) }
  }
}
