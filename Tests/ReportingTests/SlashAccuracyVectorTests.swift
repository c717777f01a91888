// The published vectors for slash accuracy, through the code that every run uses.

import AVS
import Basics
import Foundation
import Testing

@testable import Reporting

@Suite struct SlashAccuracyVectorTests {
  @Test func everyVectorHolds() throws {
    let url = try #require(
      Bundle.module.url(forResource: "slash-accuracy", withExtension: "json", subdirectory: "Vectors"))
    let file = try JSONValue(parsing: try Data(contentsOf: url))
    let vectors = try #require(file["vectors"]).elements
    #expect(vectors.count == 5)
    for vector in vectors { try check(vector) }
  }

  private func check(_ vector: JSONValue) throws {
    let id = try #require(vector["id"]?.string)
    let input = try #require(vector["input"])
    let expect = try #require(vector["expect"])
    var names: [String] = []
    func dense(_ name: String) -> Int {
      if let known = names.firstIndex(of: name) { return known }
      names.append(name)
      return names.count - 1
    }
    let classes = try #require(input["classes"]).elements.map { try offenceClass($0) }
    let offences = try #require(input["offences"]).elements.map { o in
      OffenceRecord(
        operatorID: NodeID(dense(try text(o, "operator"))), service: ServiceID(dense(try text(o, "avs"))),
        offenceClass: try offenceClass(o["class"]), key: UInt64(try number(o, "task")),
        at: Instant(nanoseconds: UInt64(try number(o, "at")) * 1_000_000_000), violated: true, culpable: true,
        observable: true, dueWei: try amount(o))
    }
    let slashes = try #require(input["slashes"]).elements.map { s in
      let at = Instant(nanoseconds: UInt64(try number(s, "at")) * 1_000_000_000)
      let isVetoed = s["vetoed"]?.boolean ?? false
      return SlashRecord(
        operatorID: NodeID(dense(try text(s, "operator"))), service: ServiceID(dense(try text(s, "avs"))),
        offenceClass: try offenceClass(s["class"]), key: UInt64(try number(s, "task")), requestedAt: at,
        executedAt: isVetoed ? nil : at, state: isVetoed ? .vetoed : .executed, dueWei: try amount(s),
        takenWei: try amount(s))
    }
    let got = SlashAccuracy(offences: offences, slashes: slashes, classes: classes)

    for one in got.classes {
      let wanted = try #require(expect["per_class"]?[one.offenceClass.rawValue])
      try compare(one.counts, with: wanted, "\(id) \(one.offenceClass)")
    }
    try compare(got.micro, with: try #require(expect["micro"]), "\(id) micro")
    try same(got.macro.f1, expect["macro_f1"], "\(id) macro")
    #expect(got.wrongClass == Int(try number(expect, "wrong_class")), "\(id)")
    let times = try #require(expect["time_to_slash"])
    try same(got.timeToSlash.p50, times["p50"], "\(id) p50")
    try same(got.timeToSlash.p90, times["p90"], "\(id) p90")
    try same(got.timeToSlash.max, times["max"], "\(id) max")
    try same(got.amountErrorMean, expect["mean_abs_relative_amount_error"], "\(id) amount error")
    #expect(String(got.amounts.overSlashed) == expect["overslashed_total"]?.string, "\(id)")
    #expect(
      got.amounts.due + got.amounts.overSlashed == got.amounts.taken + got.amounts.underSlashed, "\(id)")
  }

  private func compare(_ got: SlashAccuracy.Counts, with wanted: JSONValue, _ place: String) throws {
    #expect(got.truePositive == Int(try number(wanted, "tp")), "\(place)")
    #expect(got.falsePositive == Int(try number(wanted, "fp")), "\(place)")
    #expect(got.falseNegative == Int(try number(wanted, "fn")), "\(place)")
    try same(got.precision, wanted["precision"], place)
    try same(got.recall, wanted["recall"], place)
    try same(got.f1, wanted["f1"], place)
  }

  /// A number, an exact fraction `p/q`, or null for what is undefined.
  private func same(_ got: Double?, _ wanted: JSONValue?, _ place: String) throws {
    let wanted = try #require(wanted, "\(place)")
    if wanted == .null {
      #expect(got == nil, "\(place)")
      return
    }
    let parts = wanted.string?.split(separator: "/").compactMap { Double($0) } ?? [wanted.double ?? .nan]
    let value = parts.count == 2 ? parts[0] / parts[1] : parts[0]
    #expect(abs(try #require(got, "\(place)") - value) < 1e-12, "\(place)")
  }

  private func text(_ value: JSONValue, _ key: String) throws -> String { try #require(value[key]?.string) }
  private func number(_ value: JSONValue, _ key: String) throws -> Double { try #require(value[key]?.double) }
  private func amount(_ value: JSONValue) throws -> UInt128 {
    try #require(UInt128(try text(value, "amount")))
  }
  private func offenceClass(_ value: JSONValue?) throws -> OffenceClass {
    try #require(OffenceClass(rawValue: value?.string ?? ""))
  }
}
