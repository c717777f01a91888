// What is wrong with a file, and where. Every mistake of a file is gathered before anything is refused.

/// One mistake in a file or in an option of the command line.
public struct Mistake: Error, Sendable, Hashable, CustomStringConvertible {
  /// The file's name as the user gave it, or the option (`--set network.gossip.D=x`).
  public var file: String
  /// From one; zero when the mistake concerns the file as a whole.
  public var line: Int
  public var column: Int
  /// Dotted path of the key, empty for the file as a whole.
  public var key: String
  /// What is wrong and what is allowed.
  public var text: String

  public init(file: String, line: Int, column: Int, key: String, text: String) {
    self.file = file
    self.line = line
    self.column = column
    self.key = key
    self.text = text
  }

  public var description: String {
    var out = file
    if line > 0 { out += ":\(line):\(column)" }
    out += ": "
    if !key.isEmpty { out += "\(key): " }
    return out + text
  }
}

/// Why a file could not be used. `exitCode` follows INTERFACE.md: 65 wrong content, 66 missing, 64 usage, 74 I/O.
public enum FileError: Error, Sendable, CustomStringConvertible {
  /// The content is wrong: at least one mistake, in file order.
  case content([Mistake])
  /// There is no such file.
  case missing(String)
  /// It is there and cannot be read; the reason.
  case unreadable(String, String)
  /// An option of the command line is malformed.
  case usage(String)

  public var exitCode: Int32 {
    switch self {
    case .content: 65
    case .missing: 66
    case .unreadable: 74
    case .usage: 64
    }
  }

  public var description: String {
    switch self {
    case .content(let mistakes): mistakes.map(\.description).joined(separator: "\n")
    case .missing(let file): "\(file): no such file"
    case .unreadable(let file, let reason): "\(file): \(reason)"
    case .usage(let text): text
    }
  }

  public var mistakes: [Mistake] {
    switch self {
    case .content(let mistakes): mistakes
    case .missing(let file): [Mistake(file: file, line: 0, column: 0, key: "", text: "no such file")]
    case .unreadable(let file, let reason): [Mistake(file: file, line: 0, column: 0, key: "", text: reason)]
    case .usage(let text): [Mistake(file: "usage", line: 0, column: 0, key: "", text: text)]
    }
  }
}

/// The member of `names` nearest to `word` (Damerau-Levenshtein distance at most a third of its length), if any.
func nearest(_ word: String, in names: [String]) -> String? {
  let a = Array(word.lowercased().unicodeScalars.prefix(64))
  var best: (String, Int)?
  for name in names {
    let b = Array(name.lowercased().unicodeScalars)
    let distance = editDistance(a, b)
    if distance <= max(1, max(a.count, b.count) / 3), distance < best?.1 ?? .max { best = (name, distance) }
  }
  return best?.0
}

private func editDistance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
  var before: [Int] = []
  var previous = Array(0...b.count)
  for i in 0..<a.count {
    var row = [i + 1]
    for j in 0..<b.count {
      var cost = min(row[j] + 1, previous[j + 1] + 1, previous[j] + (a[i] == b[j] ? 0 : 1))
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, before[j - 1] + 1) }
      row.append(cost)
    }
    before = previous
    previous = row
  }
  return previous[b.count]
}
