// What a hunt leaves behind: a scenario file whose head says what was expected, what happened, and how to see it again.

import Scenarios

extension Finding {
  /// The command that replays it.
  public func command(_ path: String, _ plant: String?) -> String {
    "avsim run \(path)" + (plant.map { " --plant \($0)" } ?? "")
  }

  /// The file's text, for a file at `path`.
  public func file(at path: String, plant: String?, hunted scenario: String) -> String {
    var directory = ""
    if let slash = path.lastIndex(of: "/") { directory = String(path[..<slash]) }
    let expected =
      violation.isChecker
      ? "the checker \(violation.label) to hold, as it must in every run"
      : "\(violation.label)"
    let cause =
      troubles.isEmpty
      ? "nothing but the scenario itself" : troubles.joined(separator: ", ")
    var lines = [
      "Found by avsim hunt in run \(run) from \(scenario), and shrunk in \(shrinkRuns) further runs.", "",
      "Expected: \(expected).", "Happened: \(violation.detail).",
      "It takes: \(cause); on \(nodes) nodes, with seed \(seed).",
      "Replay:   \(command(path, plant))", "Trace:    \(digest)",
    ]
    if let plant {
      lines.append("Planted:  \(plant), a defect put in on purpose; without it the run passes.")
    }
    return lines.flatMap(Self.wrapped).map { $0.isEmpty ? "#" : "# \($0)" }.joined(separator: "\n") + "\n"
      + template.text(for: directory)
  }

  /// Lines of at most 116 characters; continued ones are indented.
  private static func wrapped(_ line: String) -> [String] {
    var lines: [String] = []
    var current = ""
    for word in line.split(whereSeparator: { $0 == " " || $0 == "\n" }) {
      if !current.isEmpty, current.count + word.count + 1 > 116 {
        lines.append(current)
        current = "          \(word)"
      } else {
        current += (current.isEmpty ? "" : " ") + (current.hasSuffix(":") ? pad(current) : "") + word
      }
    }
    return lines + [current]
  }

  /// Words after a heading begin in one column.
  private static func pad(_ heading: String) -> String {
    String(repeating: " ", count: max(0, 9 - heading.count))
  }
}
