// Every operation of the contracts says what it does and what it refuses: read off the sources, so that a new one cannot forget
// it. `Sources/Contracts/EigenLayer/Rounding.swift` says what the words mean.

import Foundation
import Testing

@Suite struct OperationDocsTests {
  /// A public operation as the sources have it.
  private struct Operation {
    var place: String
    var declaration: String
    var comment: String
    var changes: Bool { declaration.contains("mutating") }
    var refuses: Bool { declaration.contains("throws") || declaration.contains("-> Result") }
    var divides: Bool
  }

  private func operations() throws -> [Operation] {
    let sources = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Sources/Contracts").path()
    var found: [Operation] = []
    for file in try FileManager.default.subpathsOfDirectory(atPath: sources).sorted()
    where file.hasSuffix(".swift") {
      let text = try String(contentsOfFile: sources + "/" + file, encoding: .utf8)
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
      for line in lines.indices {
        if let one = operation(at: line, lines, file) { found.append(one) }
      }
    }
    return found
  }

  private func operation(at line: Int, _ lines: [String], _ file: String) -> Operation? {
    let start = lines[line].drop { $0 == " " }
    guard start.hasPrefix("public ") || start.hasPrefix("@discardableResult public "),
      start.contains("func ") || start.contains(" init(")
    else { return nil }
    let indent = String(lines[line].prefix { $0 == " " })
    var open = line
    while !lines[open].contains("{"), open < lines.count - 1 { open += 1 }
    var close = open
    while !(lines[close].hasSuffix("}") && (close == open || lines[close].hasPrefix(indent + "}"))),
      close < lines.count - 1
    { close += 1 }
    var comment: [String] = []
    var above = line - 1
    while above >= 0, lines[above].drop(while: { $0 == " " }).hasPrefix("@") { above -= 1 }
    while above >= 0, lines[above].drop(while: { $0 == " " }).hasPrefix("///") {
      comment.append(lines[above])
      above -= 1
    }
    let body = lines[open...close].joined(separator: "\n")
    let divisions = ["mulDiv(", "mulDivUp(", "mulWad(", "divWad(", "symbioticMulDiv("]
    return Operation(
      place: "\(file):\(line + 1)", declaration: lines[line...open].joined(separator: " "),
      comment: comment.reversed().joined(separator: " "), divides: divisions.contains { body.contains($0) })
  }

  @Test func effectsErrorsAndRoundingAreSaid() throws {
    let all = try operations()
    #expect(all.count > 300, "the sources were found")
    for one in all {
      if one.changes, !one.declaration.contains("init(") {
        #expect(
          one.comment.lowercased().contains("effects"), "\(one.place) changes something and does not say what"
        )
      }
      if one.refuses {
        #expect(one.comment.contains("Error"), "\(one.place) refuses something and does not say when")
      }
      if one.divides {
        let words = ["ound", "floor", "ceil"]
        #expect(
          words.contains { one.comment.contains($0) }, "\(one.place) divides and does not say which way")
      }
    }
  }
}
