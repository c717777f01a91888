// Every vector of restaking economics holds, and a wrong one is noticed.

import Foundation
import RiskVectors
import Testing
import Vectors

private let families = [
  "concentration", "correlated-penalties", "elastic", "graph-security", "rewards", "slash-accuracy",
  "slasher-detection", "strong-safety", "symbiotic",
]

private func document(_ family: String) throws -> JSONValue {
  let url = try #require(Bundle.module.resourceURL).appendingPathComponent("Vectors/\(family).json")
  return try JSONValue(parsing: Data(contentsOf: url))
}

@Suite("Vectors of restaking economics") struct RiskVectorsTests {
  @Test("every vector holds", arguments: families) func holds(family: String) throws {
    let outcomes = RiskCheck.run(try document(family), file: family)
    #expect(outcomes.count >= 2)
    for outcome in outcomes {
      #expect(outcome.failed == 0, "\(outcome.vector): \(outcome.first ?? "")")
      #expect(outcome.observations > 0, "\(outcome.vector)")
    }
  }

  /// Leaves that say what is asked, and one that is informative.
  private static let questions: Set<String> = ["psi", "worst_shock", "shock", "byzantine", "services", "id"]

  /// Ways to the leaves of a value, questions left out.
  private func leaves(_ value: JSONValue) -> [[String]] {
    switch value {
    case .object(let members):
      members.keys.sorted().filter { !Self.questions.contains($0) }.flatMap { key in
        leaves(members[key] ?? .null).map { [key] + $0 }
      }
    case .array(let items): items.indices.flatMap { k in leaves(items[k]).map { [String(k)] + $0 } }
    default: [[]]
    }
  }

  private func changing(_ value: JSONValue, at path: ArraySlice<String>) -> JSONValue {
    guard let key = path.first else {
      switch value {
      case .bool(let flag): return .bool(!flag)
      case .null: return .integer(7)
      case .string(let text): return .string(text == "1" ? "2" : "1")
      default: return .string("12345678901234567890/7")
      }
    }
    switch value {
    case .object(var members):
      members[key] = changing(members[key] ?? .null, at: path.dropFirst())
      return .object(members)
    case .array(var items):
      if let k = Int(key) { items[k] = changing(items[k], at: path.dropFirst()) }
      return .array(items)
    default: return value
    }
  }

  @Test("an expectation that is changed does not hold", arguments: families)
  func changedExpectations(family: String) throws {
    for vector in try document(family)["vectors"].items {
      // The costliest search is done once, in the test above.
      if vector["id"].text == "dr-thm7-long-cascade" { continue }
      let ways = leaves(vector["expect"])
      for k in stride(from: 0, to: ways.count, by: max(1, ways.count / 5)) {
        let changed = changing(vector, at: (["expect"] + ways[k])[...])
        let outcome = RiskCheck.run(.object(["vectors": .array([changed])]), file: family)[0]
        #expect(outcome.failed > 0, "\(vector["id"]) \(ways[k])")
      }
    }
  }

  @Test("an unknown kind, a missing input and an unknown key fail with their names") func malformed() throws {
    func first(_ text: String) throws -> String? {
      let document = try JSONValue(parsing: Data("{\"vectors\": [\(text)]}".utf8))
      return RiskCheck.run(document, file: "f")[0].first
    }
    #expect(try first("{\"id\": \"a\", \"kind\": \"astrology\"}")?.contains("astrology") == true)
    #expect(try first("{\"id\": \"a\", \"kind\": \"points\"}")?.contains("rate_per_eth_hour") == true)
    let unknown = """
      {"id": "a", "kind": "points", "input": {"rate_per_eth_hour": "1", "segments": []}, "expect": {"stars": 5}}
      """
    #expect(try first(unknown)?.contains("stars") == true)
    #expect(RiskCheck.run(.object([:]), file: "f").map(\.failed) == [1])
  }

  @Test("a tariff controller's prices, with and without the first") func controller() throws {
    func failed(_ expect: String) throws -> Int {
      let text = """
        {"vectors": [{"id": "a", "kind": "tariff_controller", "expect": \(expect),
          "input": {"price": "1000", "target": 100, "used": [150, "100", 0]}}]}
        """
      return RiskCheck.run(try JSONValue(parsing: Data(text.utf8)), file: "f")[0].failed
    }
    #expect(try failed(#"["1062", "1062", "930"]"#) == 0)
    #expect(try failed(#"[1000, 1062, 1062, 930]"#) == 0)
    #expect(try failed(#"["1062", "1062", "931"]"#) == 1)
  }

  @Test("a line has every key") func line() throws {
    var outcome = VectorOutcome(file: "f", vector: "v", kind: "k")
    outcome.observations = 3
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    #expect(
      String(decoding: try encoder.encode(outcome), as: UTF8.self)
        == #"{"failed":0,"file":"f","first":null,"kind":"k","observations":3,"steps":1,"vector":"v"}"#)
  }
}
