// A tree as YAML again: on one line, for options and small entries; and as a file that a person can read.

extension Tree {
  /// The content on one line (YAML's flow style). Reads back to the same tree, places apart.
  var flowText: String {
    switch content {
    case .empty: return "null"
    case .scalar(let text):
      let isPlain =
        !text.isEmpty
        && text.utf8.allSatisfy {
          ($0 >= 48 && $0 <= 57) || ($0 | 32 >= 97 && $0 | 32 <= 122) || [37, 46, 47, 95, 45].contains($0)
        }
      return isPlain
        ? text
        : "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
          + "\""
    case .list(let items): return "[" + items.map(\.flowText).joined(separator: ", ") + "]"
    case .mapping(let entries):
      return "{" + entries.map { "\($0.key): \($0.value.flowText)" }.joined(separator: ", ") + "}"
    }
  }

  /// The content as a file: the keys of the top one below the other, the items of their lists too, mappings of services
  /// key by key, everything deeper on one line.
  var fileText: String {
    guard case .mapping(let entries) = content else { return flowText + "\n" }
    var text = ""
    for entry in entries {
      switch entry.value.content {
      case .list(let items) where !items.isEmpty:
        text += "\(entry.key):\n"
        for item in items {
          text += "  - " + (entry.key == "services" ? item.blockText(indent: 4) : item.flowText + "\n")
        }
      case .mapping(let inner) where !inner.isEmpty && entry.value.flowText.utf8.count > 60:
        text += "\(entry.key):\n" + inner.map { "  \($0.key): \($0.value.flowText)\n" }.joined()
      default: text += "\(entry.key): \(entry.value.flowText)\n"
      }
    }
    return text
  }

  private func blockText(indent: Int) -> String {
    guard case .mapping(let entries) = content else { return flowText + "\n" }
    let margin = String(repeating: " ", count: indent)
    return entries.map { "\($0.key): \($0.value.flowText)\n" }.joined(separator: margin)
  }
}
