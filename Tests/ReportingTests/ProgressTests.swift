// Progress is told in good time, not too often, and fits its terminal.

import Basics
import Testing

@testable import Reporting

@Suite struct ProgressTests {
  private let end = Sample.seconds(600)

  @Test func withoutATerminalThereIsALineNowAndThen() throws {
    var progress = Progress(end: end, terminalColumns: nil)
    var lines: [String] = []
    for k in 1...400 {
      let wall = Double(k) * 0.1
      if let text = progress.update(now: Sample.seconds(wall * 10), wallSeconds: wall) { lines.append(text) }
    }
    #expect(lines.count == 4)
    #expect(lines[1] == " 33 %  3 min 20 s of 10 min · 10x · 40 s left\n")
    for line in lines { #expect(line.hasSuffix("\n") && !line.contains("\r")) }
    #expect(progress.finish() == "")
  }

  @Test func aShortRunPrintsNothing() {
    var progress = Progress(end: end, terminalColumns: nil)
    #expect(progress.update(now: Sample.seconds(1), wallSeconds: 0.5) == nil)
    #expect(progress.finish() == "")
  }

  @Test(arguments: [20, 40, 80, 200]) func theBarFitsItsTerminal(columns: Int) throws {
    var progress = Progress(end: end, terminalColumns: columns)
    for k in 0...100 {
      let update = progress.update(
        now: Sample.seconds(Double(k) * 6), wallSeconds: Double(k), phase: "settling")
      let text = try #require(update)
      let shown = text.replacing("\r", with: "").replacing("\u{1B}[K", with: "")
      #expect(shown.count < columns, "\(shown)")
      #expect(text.hasPrefix("\r"))
    }
    #expect(progress.finish() == "\r\u{1B}[K")
    #expect(progress.finish() == "")
  }

  @Test func theBarIsNotRewrittenForEveryEvent() {
    var progress = Progress(end: end, terminalColumns: 80)
    let texts = (0..<1_000).compactMap {
      progress.update(now: Sample.seconds(Double($0)), wallSeconds: Double($0) / 1_000)
    }
    #expect(texts.count == 10)
  }

  @Test func speedFollowsAChange() throws {
    var progress = Progress(end: Sample.seconds(10_000), terminalColumns: nil)
    _ = progress.update(now: Sample.seconds(1_000), wallSeconds: 10)
    _ = progress.update(now: Sample.seconds(1_100), wallSeconds: 60)
    let update = progress.update(now: Sample.seconds(1_120), wallSeconds: 70)
    let text = try #require(update)
    #expect(text.contains("2x"))
  }
}
