// Concentration and the security certificate against values computed by enumeration and exact arithmetic.

import Foundation
import Risk
import Testing
import Vectors

private func vectors(_ name: String) throws -> [JSONValue] {
  let url = try #require(Bundle.module.resourceURL).appendingPathComponent("Vectors/\(name).json")
  return try JSONValue(parsing: Data(contentsOf: url))["vectors"].items
}

extension JSONValue {
  /// A number, or an exact fraction "p/q".
  fileprivate var real: Double? {
    switch self {
    case .integer(let value): return Double(value)
    case .number(let value): return value
    case .string(let value):
      let parts = value.split(separator: "/").compactMap { Double($0) }
      return parts.count == 2 ? parts[0] / parts[1] : parts.first
    default: return nil
    }
  }
}

private func agree(_ a: Double?, _ b: Double?) -> Bool {
  guard let a, let b else { return a == nil && b == nil }
  return abs(a - b) <= 1e-9 * max(1, abs(b))
}

@Suite("Risk measures agree with their vectors")
struct RiskTests {
  @Test("HHI, Gini, Nakamoto, shares of the largest") func concentration() throws {
    let all = try vectors("concentration")
    #expect(all.count >= 3)
    for vector in all {
      let concentration = Concentration(vector["input"]["weights"].items.compactMap(\.amount))
      let expect = vector["expect"]
      #expect(UInt64(concentration.count) == expect["n"].count)
      #expect(concentration.total == expect["total"].amount)
      #expect(agree(concentration.hhi, expect["hhi"].real))
      #expect(agree(concentration.gini, expect["gini"].real))
      #expect(concentration.nakamoto(1, 3).map(UInt64.init) == expect["nakamoto_1_3"].count)
      #expect(concentration.nakamoto(1, 2).map(UInt64.init) == expect["nakamoto_1_2"].count)
      #expect(concentration.nakamoto(2, 3).map(UInt64.init) == expect["nakamoto_2_3"].count)
      #expect(agree(concentration.topShare(1), expect["top1_share"].real))
      #expect(agree(concentration.topShare(5), expect["top5_share"].real))
    }
  }

  @Test("nothing has no concentration") func empty() {
    let nothing = Concentration([0, 0])
    #expect(
      nothing.hhi == nil && nothing.gini == nil && nothing.nakamoto(1, 2) == nil && nothing.topShare(1) == nil
    )
  }

  @Test("burdens, free services, and the certified slack") func graph() throws {
    let all = try vectors("graph-security")
    #expect(all.count >= 20)
    for vector in all {
      let graph = vector["graph"]
      let names = graph["services"].items.map { $0["id"].text ?? "" }
      let restaking = RestakingGraph<Double>(
        services: graph["services"].items.map {
          .init(profit: $0["profit"].real ?? -1, threshold: $0["alpha"].real ?? -1)
        },
        validators: graph["validators"].items.map { validator in
          .init(
            stake: validator["stake"].real ?? -1,
            services: validator["services"].items.compactMap { names.firstIndex(of: $0.text ?? "") })
        })
      let expect = vector["expect"]
      #expect(agree(restaking.gammaCertified, expect["gamma_certified"].real), "\(vector["id"])")
      #expect(restaking.freeServices.map { names[$0] } == expect["free_services"].items.compactMap(\.text))
      for (validator, burden) in zip(graph["validators"].items, restaking.burdens) {
        #expect(agree(burden, expect["T"][validator["id"].text ?? ""].real), "\(vector["id"])")
      }
    }
  }
}
