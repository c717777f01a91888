// `avsim contracts replay FILE...`: golden vectors of the deployed contracts, replayed on the model.

import ArgumentParser
import Foundation
import Vectors

struct ContractsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "contracts", abstract: "Compares the modelled contracts with the deployed ones.",
    subcommands: [Replay.self])

  struct Replay: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "replay",
      abstract: "Replays golden vectors and names the first difference of each file.",
      discussion: """
        Prints one JSON line a file: file, steps, observations (values compared), failed (values that differ) and first \
        (the first difference by step and key, or null). Exit code 0 when nothing differs, 1 when something does, 65 when a \
        content is not of the documented format or needs a library that is not installed, 66 when a file is missing, 74 \
        when it cannot be read. A file that cannot be replayed does not stop the others.
        """)

    @Argument(help: "JSON files in the format of the EigenLayer golden vectors.")
    var files: [String]

    func run() throws {
      var code = ExitCode.success
      for file in files {
        if let failure = replay(file), code == .success || failure != Exit.expectationFailed {
          code = failure
        }
      }
      if code != .success { throw code }
    }

    /// Nil: replayed without a difference.
    private func replay(_ file: String) -> ExitCode? {
      guard FileManager.default.fileExists(atPath: file) else {
        complain("\(file): there is no such file")
        return Exit.missing
      }
      let content: Data
      do {
        content = try Data(contentsOf: URL(fileURLWithPath: file))
      } catch {
        complain("\(file): cannot be read: \(error)")
        return Exit.inputOutput
      }
      do throws(VectorRefusal) {
        let outcome = try VectorFile.replay(content, name: file)
        print(outcome.line)
        return outcome.failed == 0 ? nil : Exit.expectationFailed
      } catch {
        complain("\(file): \(error)")
        return Exit.content
      }
    }
  }
}
