// YAML to a tree with places, by Yams. Guards stand before and after the parser: valid UTF-8, no NUL, no tags, no
// second document, keys plain and unique, and a bound on what aliases expand to.

import Yams

enum YAMLText {
  /// Most nodes of a file after its aliases are expanded.
  static let nodesMaximum = 20_000_000
  /// Most nodes when aliases are used at all.
  static let aliasedNodesMaximum = 1_000_000
  /// Most `*alias` uses in a file.
  static let aliasesMaximum = 10_000
  /// Deepest nesting.
  static let depthMaximum = 64

  /// The content of a YAML file. Throws every mistake that can be told apart; at the first one the parser gives up.
  static func tree(file: String, bytes: [UInt8], source: UInt16 = 0) throws(FileError) -> Tree {
    var pass = YAMLPass(file: file, source: source)
    let tree = try pass.read(bytes)
    if !pass.mistakes.isEmpty { throw .content(pass.mistakes) }
    return tree
  }

  /// The same, with mistakes that leave a usable tree (a key given twice) handed back beside it.
  static func reading(file: String, bytes: [UInt8], source: UInt16 = 0) throws(FileError) -> (Tree, [Mistake])
  {
    var pass = YAMLPass(file: file, source: source)
    let tree = try pass.read(bytes)
    return (tree, pass.mistakes)
  }
}

/// A line and a column, from one; zero when unknown.
private struct Spot {
  var line = 0
  var column = 0
  init(_ mark: Mark?) {
    line = mark?.line ?? 0
    column = mark?.column ?? 0
  }
}

private struct YAMLPass {
  let file: String
  let source: UInt16
  var mistakes: [Mistake] = []
  private var nodes = 0
  private var hasAliases = false

  init(file: String, source: UInt16) {
    self.file = file
    self.source = source
  }

  private func wrong(_ line: Int, _ column: Int, _ key: String, _ text: String) -> FileError {
    .content(mistakes + [Mistake(file: file, line: line, column: column, key: key, text: text)])
  }

  mutating func read(_ bytes: [UInt8]) throws(FileError) -> Tree {
    guard var text = String(validating: bytes, as: UTF8.self) else {
      let (line, column) = firstInvalid(bytes)
      throw wrong(line, column, "", "is not valid UTF-8; write the file in UTF-8")
    }
    if let place = bytes.firstIndex(of: 0) {
      let (line, column) = position(bytes, place)
      throw wrong(line, column, "", "holds a NUL byte; write plain text")
    }
    try checkAliases(bytes)
    if text.hasPrefix("\u{FEFF}") { text.removeFirst() }
    // A key given twice stops the parser. It is noted, its second appearance renamed, and the parse goes on, so that
    // one pass reports every mistake.
    for _ in 0..<50 {
      do {
        guard let root = try Yams.Parser(yaml: text, encoding: .utf8).singleRoot() else {
          throw wrong(0, 0, "", "is empty; a mapping (key: value) is wanted")
        }
        return try convert(root, "", 0)
      } catch let error as YamlError {
        guard case .duplicatedKeysInMapping(let names, let context) = error,
          let name = names.first, let mark = context.mark as Mark?,
          let renamed = rename(text, name, after: mark)
        else { throw content(error) }
        mistakes.append(
          Mistake(
            file: file, line: renamed.line, column: renamed.column, key: clip(name),
            text: "is given twice (first in line \(mark.line)); a key may appear once"))
        text = renamed.text
      } catch let error as FileError {
        throw error
      } catch {
        throw wrong(0, 0, "", "cannot be read as YAML")
      }
    }
    throw wrong(0, 0, "", "too many keys are given twice")
  }

  // MARK: From Yams' nodes

  /// First character of keys that were renamed after being reported.
  private static let reported: Character = "\u{E000}"

  private mutating func convert(_ node: Node, _ path: String, _ depth: Int) throws(FileError) -> Tree {
    let mark = Spot(node.mark)
    nodes += 1
    if nodes > (hasAliases ? YAMLText.aliasedNodesMaximum : YAMLText.nodesMaximum) {
      throw wrong(
        mark.line, mark.column, path,
        hasAliases
          ? "aliases expand to more than \(YAMLText.aliasedNodesMaximum) nodes; write less"
          : "more than \(YAMLText.nodesMaximum) nodes")
    }
    if depth > YAMLText.depthMaximum {
      throw wrong(mark.line, mark.column, clip(path), "is nested deeper than \(YAMLText.depthMaximum) levels")
    }
    let place = Place(source: source, line: Int32(clamping: mark.line), column: Int32(clamping: mark.column))
    switch node {
    case .scalar(let scalar):
      let isPlain = scalar.style == .plain || scalar.style == .any
      if isPlain
        ? scalar.tag != .implicit
        : (scalar.tag != .implicit && scalar.tag.description != "tag:yaml.org,2002:str")
      {
        note(mark, path, "has the tag \(clip(scalar.tag.description)); tags are not read, remove it")
      }
      if scalar.string.utf8.contains(0) { note(mark, path, "holds a NUL character; write plain text") }
      if isPlain, ["", "~", "null", "Null", "NULL"].contains(scalar.string) {
        return Tree(place: place, content: .empty)
      }
      return Tree(place: place, content: .scalar(scalar.string))
    case .sequence(let sequence):
      if sequence.tag != .implicit { note(mark, path, "has a tag; tags are not read, remove it") }
      var items: [Tree] = []
      items.reserveCapacity(sequence.count)
      for (index, item) in sequence.enumerated() {
        items.append(try convert(item, "\(path)[\(index)]", depth + 1))
      }
      return Tree(place: place, content: .list(items))
    case .mapping(let mapping):
      if mapping.tag != .implicit { note(mark, path, "has a tag; tags are not read, remove it") }
      var entries: [Tree.Entry] = []
      entries.reserveCapacity(mapping.count)
      for (key, value) in mapping {
        let keyMark = key.mark.map { Spot($0) } ?? mark
        guard case .scalar(let scalar) = key else {
          note(keyMark, path, "has a key that is a list or a mapping; keys must be plain words")
          continue
        }
        if scalar.string.first == Self.reported { continue }
        let inner = path.isEmpty ? clip(scalar.string) : "\(path).\(clip(scalar.string))"
        let keyPlace = Place(
          source: source, line: Int32(clamping: keyMark.line), column: Int32(clamping: keyMark.column))
        entries.append(
          Tree.Entry(key: scalar.string, place: keyPlace, value: try convert(value, inner, depth + 1)))
      }
      return Tree(place: place, content: .mapping(entries))
    case .alias:
      throw wrong(mark.line, mark.column, path, "is an alias that names nothing")
    }
  }

  private mutating func note(_ mark: Spot, _ path: String, _ text: String) {
    if mistakes.count < Reading.mistakesMaximum {
      mistakes.append(Mistake(file: file, line: mark.line, column: mark.column, key: path, text: text))
    }
  }

  private func content(_ error: YamlError) -> FileError {
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      return wrong(mark.line, mark.column, "", "is not YAML: \(problem)")
    case .reader(let problem, _, _, _): return wrong(0, 0, "", "is not YAML: \(problem)")
    default: return wrong(0, 0, "", "cannot be read as YAML: \(clip(String(describing: error)))")
    }
  }

  // MARK: Keys given twice

  /// Finds the second appearance of `name` as a key after `mark`, in the same column if there is one, and writes it so
  /// that it differs, without moving anything else.
  private func rename(_ text: String, _ name: String, after mark: Mark) -> (
    text: String, line: Int, column: Int
  )? {
    guard !name.isEmpty else { return nil }
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { Array($0.unicodeScalars) }
    let wanted = Array(name.unicodeScalars)
    func isKey(_ line: [Unicode.Scalar], _ at: Int) -> Bool {
      guard at + wanted.count <= line.count, Array(line[at..<at + wanted.count]) == wanted else {
        return false
      }
      var k = at + wanted.count
      if k < line.count, line[k] == "\"" || line[k] == "'" { k += 1 }
      while k < line.count, line[k] == " " { k += 1 }
      return k < line.count && line[k] == ":"
        && (at == 0 || [" ", "{", ",", "\"", "'", "\t"].contains(Character(line[at - 1])))
    }
    func found(_ row: Int, _ at: Int) -> (text: String, line: Int, column: Int) {
      for k in at..<at + wanted.count { lines[row][k] = "\u{E000}" }
      // Another renamed key of the same length must differ from this one too.
      lines[row][at + wanted.count - 1] = Unicode.Scalar(0xE001 + UInt32(mistakes.count))!
      if wanted.count == 1 {
        lines[row].insert("\u{E000}", at: at)
      }
      let joined = lines.map { line in
        var out = String.UnicodeScalarView()
        out.append(contentsOf: line)
        return String(out)
      }.joined(separator: "\n")
      return (joined, row + 1, at + 1)
    }
    let first = mark.line - 1
    guard first >= 0, first < lines.count else { return nil }
    // On the same line (flow style), then in the same column below, then anywhere below.
    let start = mark.column - 1 + wanted.count
    for at in stride(from: start, to: lines[first].count, by: 1) where isKey(lines[first], at) {
      return found(first, at)
    }
    for row in (first + 1)..<max(lines.count, first + 1) {
      let column = mark.column - 1
      for at in [column, column + 1] where at < lines[row].count && isKey(lines[row], at) {
        return found(row, at)
      }
    }
    for row in (first + 1)..<max(lines.count, first + 1) {
      for at in lines[row].indices where isKey(lines[row], at) { return found(row, at) }
    }
    return nil
  }

  // MARK: Before the parser

  /// Counts what look like anchors and aliases, and refuses lists and mappings as keys beside them: hashing such keys
  /// would walk the expansion before its size is known.
  private mutating func checkAliases(_ bytes: [UInt8]) throws(FileError) {
    var anchors = 0
    var aliases = 0
    var keyHazard: Int?
    var previous: UInt8 = 10
    var k = 0
    func isStart(_ c: UInt8) -> Bool {
      c == 32 || c == 10 || c == 9 || c == 91 || c == 44 || c == 123 || c == 13
    }
    while k < bytes.count {
      let c = bytes[k]
      if (c == UInt8(ascii: "&") || c == UInt8(ascii: "*")), isStart(previous), k + 1 < bytes.count,
        bytes[k + 1] > 32
      {
        if c == UInt8(ascii: "&") {
          anchors += 1
        } else {
          aliases += 1
          var end = k + 1
          while end < bytes.count, bytes[end] > 32, bytes[end] != 44, bytes[end] != 93, bytes[end] != 125 {
            end += 1
          }
          while end < bytes.count, bytes[end] == 32 { end += 1 }
          if end < bytes.count, bytes[end] == UInt8(ascii: ":") || bytes[end - 1] == UInt8(ascii: ":") {
            keyHazard = keyHazard ?? k
          }
        }
      } else if c == UInt8(ascii: "?"), isStart(previous), k + 1 < bytes.count, bytes[k + 1] <= 32 {
        keyHazard = keyHazard ?? k
      } else if c == 93 || c == 125 {
        var end = k + 1
        while end < bytes.count, bytes[end] == 32 { end += 1 }
        if end < bytes.count, bytes[end] == UInt8(ascii: ":") { keyHazard = keyHazard ?? k }
      }
      previous = c
      k += 1
    }
    hasAliases = anchors > 0 && aliases > 0
    guard hasAliases else { return }
    if aliases > YAMLText.aliasesMaximum {
      throw wrong(0, 0, "", "uses \(aliases) aliases; at most \(YAMLText.aliasesMaximum)")
    }
    if let keyHazard {
      let (line, column) = position(bytes, keyHazard)
      throw wrong(
        line, column, "", "has a key that is an alias, a list or a mapping; keys must be plain words")
    }
  }

  private func position(_ bytes: [UInt8], _ index: Int) -> (Int, Int) {
    var line = 1
    var start = 0
    for k in 0..<index where bytes[k] == 10 {
      line += 1
      start = k + 1
    }
    return (line, String(decoding: bytes[start..<index], as: UTF8.self).unicodeScalars.count + 1)
  }

  /// The place of the first byte that is not UTF-8.
  private func firstInvalid(_ bytes: [UInt8]) -> (Int, Int) {
    var line = 1
    for slice in bytes.split(separator: 10, omittingEmptySubsequences: false) {
      if String(validating: slice, as: UTF8.self) == nil {
        var low = 0
        var high = slice.count
        while low < high {
          let middle = (low + high + 1) / 2
          if isPrefixValid(slice.prefix(middle)) { low = middle } else { high = middle - 1 }
        }
        return (line, String(decoding: slice.prefix(low), as: UTF8.self).unicodeScalars.count + 1)
      }
      line += 1
    }
    return (0, 0)
  }

  private func isPrefixValid(_ slice: ArraySlice<UInt8>) -> Bool {
    for cut in 0...3 where cut <= slice.count {
      if String(validating: slice.dropLast(cut), as: UTF8.self) != nil { return true }
    }
    return false
  }
}
