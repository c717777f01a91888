import Foundation
import Testing

@testable import Experiments

/// Tables of the form that simsub printed.
struct SimsubTableTests {
  private func published() throws -> Data {
    let url = try #require(Bundle.module.url(forResource: "nodes-500", withExtension: "json"))
    return try Data(contentsOf: url)
  }

  @Test func theBuiltInTableIsThePublishedOne() throws {
    let read = try SimsubTable(json: published())
    let own = SimsubTable.published
    #expect(read.nodes == own.nodes)
    #expect(read.parameters.overlay == own.parameters.overlay)
    #expect(read.parameters.v1_1 == own.parameters.v1_1)
    #expect(read.gossipsub_v1_0?.message == own.gossipsub_v1_0?.message)
    #expect(read.gossipsub_v1_0?.histogram100ms == own.gossipsub_v1_0?.histogram100ms)
    #expect(read.gossipsub_v1_1?.ihave == own.gossipsub_v1_1?.ihave)
    #expect(read.gossipsub_v1_1?.connect == own.gossipsub_v1_1?.connect)
  }

  @Test(arguments: [
    ("\"nodes\": 500", "\"nodes\": 1", "nodes is 1.0, allowed is 2 to 100000"),
    ("\"connect\": 20", "\"connect\": 500", "parameters.connect is 500.0, allowed is 1 to 499"),
    ("\"Dlow\": 4", "\"Dlow\": 7", "parameters.overlay.Dlow is 7.0, allowed is 1 to D"),
    ("\"interval\": 1.0", "\"interval\": 0", "parameters.interval is 0.0, allowed is 0.001 to 3600 s"),
    ("\"jitter\": 0.1,", "", "not a table: key parameters.jitter is missing"),
  ])
  func aWrongTableIsRefusedWithItsKey(old: String, new: String, words: String) throws {
    let text = String(decoding: try published(), as: UTF8.self)
    #expect(text.contains(old))
    let wrong = Data(text.replacingOccurrences(of: old, with: new).utf8)
    do {
      _ = try SimsubTable(json: wrong)
      Issue.record("accepted")
    } catch {
      #expect("\(error)" == words)
    }
  }

  @Test func aSmallTableRunsAndItsDigestDoesNotDependOnTheThreads() throws {
    var table = SimsubTable.published(nodes: 60)
    (table.parameters.connect, table.parameters.messages) = (8, 5)
    let experiment = table.experiment(named: "table")
    let one = results(experiment, jobs: 1)
    let two = results(experiment, jobs: 2)
    #expect(one.digests == two.digests)
    #expect(Set(one.digests).count == 2)
    #expect(one.means["v1.0/delivery"] == 100)
    #expect(one.means["v1.1/deliver"] == 300)
    // Flood publishing: the publisher's peers outside its mesh get a copy each, and pass it on.
    #expect(one.means["v1.1/copies"]! > one.means["v1.0/copies"]!)
    #expect(one.means["v1.1/p50"]! < one.means["v1.0/p50"]!)
  }

  @Test func unknownParametersAreShownAndNotJudged() {
    var table = SimsubTable.published(nodes: 60)
    table.parameters.overlay.D = 5
    let judged = table.experiment(named: "table").rows.filter { $0.judged != .shown }
    #expect(judged.allSatisfy { $0.name.hasSuffix("delivery") })
  }
}

/// Runs an experiment over two seeds.
func results(_ experiment: Experiment, jobs: Int) -> JudgedExperiment {
  let box = Box()
  Reproduction.run([experiment], seeds: [1, 2], jobs: jobs) { _, _, _ in
  } complete: {
    box.put($0)
  }
  return box.taken[0]
}

/// What came back.
final class Box: @unchecked Sendable {
  private let lock = NSLock()
  private var all: [JudgedExperiment] = []
  func put(_ judged: JudgedExperiment) { lock.withLock { all.append(judged) } }
  var taken: [JudgedExperiment] { lock.withLock { all } }
}
