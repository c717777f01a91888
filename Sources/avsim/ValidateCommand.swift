// `avsim validate FILE...`: reads scenarios, topologies and sweeps, and says `ok` or every mistake with its place.

import ArgumentParser
import Scenarios

struct ValidateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate", abstract: "Checks scenarios, topologies and sweeps.",
    discussion: """
      Prints 'FILE: ok' for each good file on standard output, and every mistake of the others as \
      'file:line:column: key: what is wrong, what is allowed' on standard error. \
      Exit code 65 when a content is wrong, 66 when a file is missing, 74 when it cannot be read.
      """)

  @Argument(help: "Scenario, topology (YAML, GML, GraphML, edge list) or sweep files.")
  var files: [String]

  @Option(
    name: .customLong("set"), help: "Changes a key of the scenarios before they are checked: KEY.PATH=VALUE.")
  var overrides: [String] = []

  func run() throws {
    var code: Int32 = 0
    for file in files {
      do throws(FileError) {
        if overrides.isEmpty {
          try Validation.check(file)
        } else {
          _ = try Scenario.load(file, overrides: overrides)
        }
        print("\(file): ok")
      } catch {
        for mistake in error.mistakes { complain("\(mistake)") }
        if code == 0 || error.exitCode == 65 { code = error.exitCode }
      }
    }
    if code != 0 { throw ExitCode(code) }
  }
}
