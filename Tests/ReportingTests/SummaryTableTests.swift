// What a person sees on a terminal: 80 columns, aligned, with or without colour the same.

import Basics
import Testing

@testable import Reporting

@Suite struct SummaryTableTests {
  private func lines(_ summary: RunSummary) -> [Substring] {
    SummaryTable(summary, isColoured: false).text.split(separator: "\n", omittingEmptySubsequences: false)
  }

  /// A run whose every figure is as long as figures get.
  private var largest: RunSummary {
    var s = Sample.summary
    s.name = String(repeating: "a-very-long-name-", count: 12)
    s.tasks.issued = 123_456_789
    s.attestations.due = 12_345_678_901
    s.attestations.certified = 12_345_678_901
    s.gossip.messageCopies = 987_654_321_987
    s.stake.depositedWei = 987_654_321 * Sample.ether
    s.stake.restakedWei = 987_654_321 * Sample.ether
    s.stake.slashedWei = 987_654_321 * Sample.ether
    s.rewards.submittedWei = 987_654_321 * Sample.ether
    s.rewards.dustWei = 9_999_999
    s.expectations = [
      .init(
        expression: String(repeating: "slashing.classes.equivocation.precision + ", count: 5),
        value: JSONValue(1.0 / 3),
        holds: false)
    ]
    s.checks = [
      .init(name: String(repeating: "n", count: 90), holds: false, detail: String(repeating: "d", count: 90))
    ]
    return s
  }

  @Test func noLineIsLongerThanEightyColumns() {
    for summary in [Sample.summary, largest, RunSummary(name: "empty", engine: "simulator", seed: .max)] {
      for line in lines(summary) { #expect(line.count <= 80, "\(line)") }
    }
  }

  @Test func numbersStandUnderTheirTitles() throws {
    let all = lines(Sample.summary)
    let head = try #require(all.firstIndex { $0.hasPrefix("latency") })
    for line in all[head...(head + 3)] { #expect(line.count == 79, "\(line)") }
    #expect(all[head + 1].hasPrefix("  propagation"))
    #expect(all[head + 2].contains("s"))
  }

  @Test func colourChangesNoCharacter() {
    let plain = SummaryTable(Sample.summary, isColoured: false).text
    let coloured = SummaryTable(Sample.summary, isColoured: true).text
    #expect(coloured != plain)
    #expect(coloured.replacing(#/\u{1B}\[[0-9]+m/#, with: "") == plain)
  }

  @Test func aBrokenExpectationIsNamed() {
    let text = SummaryTable(Sample.summary, isColoured: false).text
    #expect(text.contains("broken  slashing.micro.recall >= 0.9"))
    #expect(text.contains("holds   slashing.classes.equivocation.precision == 1"))
  }

  @Test func anIncompleteRunSaysSo() {
    var summary = Sample.summary
    summary.complete = false
    #expect(SummaryTable(summary, isColoured: false).text.contains("incomplete"))
    #expect(!SummaryTable(Sample.summary, isColoured: false).text.contains("incomplete"))
  }

  @Test func namesCannotMoveTheCursor() {
    var summary = Sample.summary
    summary.name = "a\u{1B}[2Jb\u{202E}c"
    #expect(!SummaryTable(summary, isColoured: false).text.unicodeScalars.contains("\u{1B}"))
  }
}

@Suite struct FiguresTests {
  @Test func figuresAreShortAndNeverMoreCertainThanTheyAre() {
    #expect(Figures.count(1_234_567) == "1,234,567")
    #expect(Figures.percent(0.99999) == "99.99 %")
    #expect(Figures.percent(1) == "100 %")
    #expect(Figures.percent(0.000_001) == "< 0.01 %")
    #expect(Figures.percent(0) == "0 %")
    #expect(Figures.percent(0.07) == "7 %")
    #expect(Figures.ratio(0.9999) == "0.999")
    #expect(Figures.ratio(1) == "1")
    #expect(Figures.milliseconds(0.42) == "420 µs")
    #expect(Figures.milliseconds(82) == "82 ms")
    #expect(Figures.milliseconds(1_240) == "1.24 s")
    #expect(Figures.seconds(200) == "3 min 20 s")
    #expect(Figures.seconds(86_430) == "24 h")
    #expect(Figures.seconds(14 * 86_400) == "14 d")
    #expect(Figures.wei(0) == "0 ETH")
    #expect(Figures.wei(17) == "17 wei")
    #expect(Figures.wei(15_000_000_000) == "15 gwei")
    #expect(Figures.wei(32 * Sample.ether) == "32 ETH")
    #expect(Figures.wei(38_400 * Sample.ether) == "38,400 ETH")
    #expect(Figures.wei(Sample.ether / 1_000) == "0.001 ETH")
    #expect(Figures.bytes(9_000_000) == "9 MB")
    #expect(Figures.rate(65.95) == "66/s")
    #expect(Figures.percent(nil) == "–")
    #expect(Figures.count(.nan) == "–")
  }
}
