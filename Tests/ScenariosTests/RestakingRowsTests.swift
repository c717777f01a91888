// The page of rows R1 to R50: every row is there once, and every file that it names is there too. The scenarios beside it read.

import Foundation
import Scenarios
import Testing

@Suite struct RestakingRowsTests {
  private let root = here + "/../../"

  @Test func everyRowIsThereAndNamesFilesThatExist() throws {
    let page = try String(contentsOfFile: root + "topologies/restaking/ROWS.md", encoding: .utf8)
    let rows = page.split(separator: "\n").filter { $0.hasPrefix("| R") }
    #expect(rows.count == 50)
    for (k, row) in rows.enumerated() {
      #expect(row.hasPrefix("| R\(k + 1) "), "\(row)")
      let cells = row.split(separator: "|", omittingEmptySubsequences: false)
      #expect(cells.count == 7, "\(row)")
      let words = row.split(separator: "`", omittingEmptySubsequences: false)
      for path in words where path.hasPrefix("Sources/") || path.hasPrefix("topologies/") {
        #expect(FileManager.default.fileExists(atPath: root + path), "row R\(k + 1) names \(path)")
      }
      // A row without a scenario says so.
      let seen = cells.count > 4 ? cells[4] : ""
      #expect(seen.contains("topologies/") || seen.contains("no scenario"), "\(row)")
    }
  }

  /// What a row calls its measure comes out: a key of the summary that an expectation may name, or a table or column of the database.
  @Test func everyMeasureComesOut() throws {
    let page = try String(contentsOfFile: root + "topologies/restaking/ROWS.md", encoding: .utf8)
    var schema = ""
    for file in ["EconomySchema", "RunSchema"] {
      schema += try String(contentsOfFile: root + "Sources/Reporting/\(file).swift", encoding: .utf8)
    }
    var judged = 0
    for row in page.split(separator: "\n").filter({ $0.hasPrefix("| R") }) {
      let cells = row.split(separator: "|", omittingEmptySubsequences: false)
      let measure = try #require(cells.count == 7 ? cells[5] : nil, "\(row)")
      let words = measure.split(separator: "`", omittingEmptySubsequences: false)
      #expect(words.count >= 3, "\(row)")
      for (k, word) in words.enumerated() where k % 2 == 1 {
        judged += 1
        let isTable = schema.contains("CREATE TABLE \(word) (")
        let isColumn = schema.contains("\n        \(word) ") || schema.contains("\n      \(word) ")
        #expect(isTable || isColumn || isMeasure(String(word)), "\(word) in \(cells[1])")
      }
    }
    #expect(judged >= 50)
    #expect(
      !isMeasure("issuers.<name>.happiness") && !isMeasure("risk.nothing") && isMeasure("holders.claims"))
  }

  /// Whether an expectation may name it, or names begin with it.
  private func isMeasure(_ word: String) -> Bool {
    if ["checks", "wallSeconds", "services"].contains(word) { return true }
    let key = word.replacing("<name>", with: "alpha").replacing(".*", with: "")
    for literal in ["1", "1ETH", "1s", "true"] {
      do {
        _ = try Scenarios.Expectation("\(key) == \(literal)")
        return true
      } catch { continue }
    }
    return MeasureTable.keys.contains { $0.hasPrefix(key + ".") } || key == "issuers.alpha"
  }

  @Test func everyScenarioOfTheDirectoryIsGoodAndOnThePage() throws {
    let directory = root + "topologies/restaking"
    let page = try String(contentsOfFile: directory + "/ROWS.md", encoding: .utf8)
    let names = try FileManager.default.contentsOfDirectory(atPath: directory).filter {
      $0.hasSuffix(".yaml")
    }
    #expect(names.count >= 8)
    for name in names.sorted() {
      let scenario = try Scenario.load(directory + "/" + name)
      #expect(!scenario.expect.isEmpty, "\(name)")
      #expect(!scenario.issuers.isEmpty || !scenario.vaults.isEmpty, "\(name)")
      #expect(page.contains("topologies/restaking/\(name)"), "\(name) is on no row")
    }
  }
}
