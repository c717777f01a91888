// `avsim risk check FILE...` (`analyse` is in `RiskAnalyseCommand`): vectors of restaking economics, computed by the code that runs use.

import ArgumentParser
import Foundation
import RiskVectors
import Vectors

struct RiskCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "risk", abstract: "Checks the economic models.", subcommands: [Check.self, Analyse.self])

  struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "check",
      abstract: "Checks vectors of restaking economics and names the first difference of each.",
      discussion: """
        Prints one JSON line a vector: file, vector, kind, steps, observations (values compared), failed (values that \
        differ) and first (the first difference by key, or null). Exit code 0 when nothing differs, 1 when something does, \
        65 when a content is not of the documented format, 66 when a file is missing, 74 when it cannot be read. A file \
        that cannot be checked does not stop the others.
        """)

    @Argument(help: "JSON files of the form {family, version, vectors: [{id, kind, input, expect}]}.")
    var files: [String]

    func run() throws {
      var code = ExitCode.success
      for file in files {
        if let failure = try check(file), code == .success || failure != Exit.expectationFailed {
          code = failure
        }
      }
      if code != .success { throw code }
    }

    /// Nil: every vector of the file holds.
    private func check(_ file: String) throws -> ExitCode? {
      guard FileManager.default.fileExists(atPath: file) else {
        complain("\(file): there is no such file")
        return Exit.missing
      }
      let content: Data
      do { content = try Data(contentsOf: URL(fileURLWithPath: file)) } catch {
        complain("\(file): cannot be read: \(error)")
        return Exit.inputOutput
      }
      let document: JSONValue
      do { document = try JSONValue(parsing: content) } catch {
        complain("\(file): is not JSON: \(error)")
        return Exit.content
      }
      guard !document["vectors"].items.isEmpty else {
        complain("\(file): vectors: expected a list of vectors, found \(document["vectors"])")
        return Exit.content
      }
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      var failed = 0
      for outcome in RiskCheck.run(document, file: file) {
        print(String(decoding: try encoder.encode(outcome), as: UTF8.self))
        if outcome.failed > 0 { failed += 1 }
      }
      return failed == 0 ? nil : Exit.expectationFailed
    }
  }
}
