// JSON as a value with ordered keys: what `avsim schema` prints. Writing only.

/// A JSON value whose objects keep the order in which their keys were written.
indirect enum JSONText: Sendable, Equatable {
  case string(String)
  case number(String)
  case bool(Bool)
  case null
  case array([JSONText])
  case object([Member])

  struct Member: Sendable, Equatable {
    var key: String
    var value: JSONText
  }

  static func object(_ pairs: KeyValuePairs<String, JSONText>) -> JSONText {
    .object(pairs.map { Member(key: $0.key, value: $0.value) })
  }

  static func integer(_ value: some BinaryInteger) -> JSONText { .number("\(value)") }

  /// An object with further members; other values unchanged.
  func adding(_ key: String, _ value: JSONText) -> JSONText {
    guard case .object(let members) = self else { return self }
    return .object(members.filter { $0.key != key } + [Member(key: key, value: value)])
  }

  /// Indented by two spaces a level.
  func rendered(indent: Int = 0) -> String {
    let pad = String(repeating: "  ", count: indent + 1)
    let end = String(repeating: "  ", count: indent)
    switch self {
    case .string(let text): return Self.quoted(text)
    case .number(let text): return text
    case .bool(let value): return value ? "true" : "false"
    case .null: return "null"
    case .array(let items):
      if items.isEmpty { return "[]" }
      let scalar = items.allSatisfy {
        switch $0 {
        case .array, .object: false
        default: true
        }
      }
      if scalar { return "[" + items.map { $0.rendered() }.joined(separator: ", ") + "]" }
      return "[\n" + items.map { pad + $0.rendered(indent: indent + 1) }.joined(separator: ",\n")
        + "\n\(end)]"
    case .object(let members):
      if members.isEmpty { return "{}" }
      let lines = members.map { pad + Self.quoted($0.key) + ": " + $0.value.rendered(indent: indent + 1) }
      return "{\n" + lines.joined(separator: ",\n") + "\n\(end)}"
    }
  }

  private static func quoted(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\t": out += "\\t"
      default:
        if scalar.value < 32 {
          let hex = String(scalar.value, radix: 16)
          out += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
        } else {
          out.unicodeScalars.append(scalar)
        }
      }
    }
    return out + "\""
  }
}
