// One pass of reading a file: mistakes gather here, and so do the checks that wait until the whole file is read.
//
// A reader's code is the only description of its keys: run over a file it reads and refuses; run over a recorder it
// writes the JSON Schema. So the schema cannot differ from what the validator does.

/// State of one reading. Not for use from several threads.
final class Reading {
  /// Names of the sources that places refer to: the file first, then each `--set`.
  var sources: [String]
  /// Directory that relative paths of the file start from.
  let directory: String
  /// Reads the files that the file names.
  let files: any FileSource
  /// For a fault on a running cluster: the names of each process's nodes. Empty: there are no processes to speak of.
  var processes: [[String]] = []
  private(set) var mistakes: [Mistake] = []
  private(set) var overflow = 0
  private var seen: Set<Mistake> = []
  /// Most mistakes that are kept: a file of garbage should not print a page per line.
  static let mistakesMaximum = 100

  init(sources: [String], directory: String, files: any FileSource) {
    self.sources = sources
    self.directory = directory
    self.files = files
  }

  func mistake(_ place: Place, _ key: String, _ text: String) {
    keep(
      Mistake(
        file: sources[Int(place.source)], line: Int(place.line), column: Int(place.column), key: key,
        text: text))
  }

  /// Keeps a mistake once, with its own place: it may lie in a file that this file names.
  func keep(_ mistake: Mistake) {
    guard seen.insert(mistake).inserted else { return }
    guard mistakes.count < Self.mistakesMaximum else {
      overflow += 1
      return
    }
    mistakes.append(mistake)
  }

  private var checks: [(Place, String, (Scenario) -> String?)] = []

  func afterwards(_ place: Place, _ key: String, _ check: @escaping (Scenario) -> String?) {
    checks.append((place, key, check))
  }

  /// Runs the checks that waited for the whole scenario.
  func check(_ scenario: Scenario) {
    for (place, key, check) in checks {
      if let text = check(scenario) { mistake(place, key, text) }
    }
    checks = []
  }

  /// Mistakes in file order, each once.
  func sorted() -> [Mistake] {
    var result = mistakes.enumerated().sorted { a, b in
      (a.element.file == sources[0] ? 0 : 1, a.element.line, a.element.column, a.offset)
        < (b.element.file == sources[0] ? 0 : 1, b.element.line, b.element.column, b.offset)
    }.map(\.element)
    if overflow > 0 {
      result.append(
        Mistake(
          file: sources[0], line: 0, column: 0, key: "", text: "\(overflow) further mistakes are not listed"))
    }
    return result
  }
}

/// What a scalar may be, in words and as a schema.
struct Allowed {
  var text: String
  var schema: JSONText
}

/// Gathers the schema alternatives of one value while its reader runs in recording mode.
final class SchemaSink {
  var alternatives: [JSONText] = []
  var json: JSONText {
    switch alternatives.count {
    case 0: .object([])
    case 1: alternatives[0]
    default: .object(["anyOf": .array(alternatives)])
    }
  }
}
