// The hunt's table of troubles speaks the whole vocabulary of scenario files, every row of it can be read, and what is drawn
// from it can be shrunk.

import Basics
import Foundation
import Testing

@testable import Exploration
@testable import Scenarios

/// A scenario in which everything that a hunt may draw makes sense: regions, fees, blocks that are not final at once, checkpoints,
/// a veto.
private let rich = """
  name: rich
  seed: 1
  duration: 30s
  settle: 1m
  network: {topology: {generate: full}, regions: ethereum}
  chain: {blockTime: 2s, finality: 4, fees: {baseFee: 5gwei}}
  operators: {count: 12, stakes: 100ETH}
  watchers: {count: 2}
  aggregators: coordinator
  services:
    - name: oracle
      task: {arrival: {periodic: {every: 2s}}, compute: 20ms}
      quorum: 60%
      responseWindow: 1500ms
      rules:
        - {offence: invalid_result, window: 10s, penalty: 10%, dispute: 2s, veto: {resolver: 3, window: 4s}}
    - {name: votes, kind: {checkpoint: {epoch: 4s}}, task: {arrival: {periodic: {every: 4s}}}, quorum: 60%}
  """

private func ground() throws -> Ground {
  try Ground(try ScenarioTemplate(file: "rich.yaml", bytes: Array(rich.utf8)))
}

@Suite struct TroubleTableTests {
  @Test func everyRowCanBeDrawn() throws {
    let ground = try ground()
    let table = TroubleForm.table(ground.base)
    #expect(table.map(\.name).filter { name in !ground.forms.contains { $0.name == name } } == [])
    #expect(Set(table.map(\.name)).count == table.count, "a name tells what was found")
    // Values too, from the weakest to the strongest.
    for (form, whole) in zip(ground.forms, table) {
      #expect(form.ladders == whole.ladders, "\(form.name)")
    }
  }

  /// Every word of faults and misbehaviour stands in some row.
  @Test func theWholeVocabularyIsDrawn() throws {
    let texts = TroubleForm.table(try ground().base).map(\.text)
    func stands(_ word: String) -> Bool {
      texts.contains { text in
        text.split(whereSeparator: { !$0.isLetter }).contains { $0 == word }
      }
    }
    for word in FaultPlan.kinds + AdversaryPlan.plain + AdversaryPlan.needy {
      #expect(stands(word), "\(word)")
    }
    for word in ["oneWay", "bridge", "isolate", "inside", "past", "ahead", "behind", "drift"] {
      #expect(stands(word), "\(word)")
    }
    for word in ["probability", "together", "during"] {
      #expect(TroubleForm.manners.contains { $0.contains(word + ":") }, "\(word)")
    }
  }

  /// Whatever is drawn or changed is a scenario, but for what two draws together forbid.
  @Test(arguments: [1, 2] as [UInt64]) func whatIsDrawnCanBeRead(seed: UInt64) throws {
    let ground = try ground()
    var stream = RandomStream(seed: seed)
    var names: Set<String> = []
    var refused = 0
    for _ in 0..<150 {
      var candidate = ground.drawn(&stream)
      candidate = ground.mutated(candidate, &stream)
      if (try? ground.scenario(candidate)) == nil { refused += 1 }
      names.formUnion(candidate.troubles.map(ground.name))
    }
    #expect(refused <= 8, "seed \(seed)")
    #expect(names.count >= 60, "seed \(seed)")
  }

  /// The node that aggregates is found by its number, however many operators are left.
  @Test func theAggregatorIsFollowed() throws {
    let ground = try ground()
    let form = try #require(
      ground.forms.firstIndex { $0.name == "withholding by the aggregator" })
    let trouble = Trouble(form: form, isFault: false, at: 0, length: 1_000)
    var candidate = Candidate(seed: 1, troubles: [trouble])
    #expect(ground.text(trouble, candidate).contains("nodes: [14]"))
    candidate.operators = 5
    #expect(ground.text(trouble, candidate).contains("nodes: [7]"))
  }
}
