// A file's content as a tree whose every node knows its place. What YAML and `--set` become before keys mean anything.

/// A place in a file: which source (index into the reading's list), line and column from one.
struct Place: Sendable, Hashable {
  var source: UInt16 = 0
  var line: Int32 = 0
  var column: Int32 = 0
}

/// A node of a file's content.
struct Tree: Sendable {
  indirect enum Content: Sendable {
    /// Nothing written: an empty value, `~` or `null`.
    case empty
    case scalar(String)
    case list([Tree])
    case mapping([Entry])
  }

  struct Entry: Sendable {
    var key: String
    var place: Place
    var value: Tree
  }

  var place: Place
  var content: Content

  static let nothing = Tree(place: Place(), content: .mapping([]))

  /// What kind of node it is, for a message.
  var noun: String {
    switch content {
    case .empty: "nothing"
    case .scalar(let text): "'\(clip(text))'"
    case .list: "a list"
    case .mapping: "a mapping"
    }
  }

  var isMapping: Bool { if case .mapping = content { true } else { false } }

  subscript(key: String) -> Tree? {
    if case .mapping(let entries) = content { entries.first { $0.key == key }?.value } else { nil }
  }
}
