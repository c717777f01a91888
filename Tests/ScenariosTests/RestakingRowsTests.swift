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
