// A JSON document as a value, for files whose shape depends on their content.

public import Foundation

/// Any JSON value. Numbers are kept as integers where they are; amounts come as decimal strings.
public enum JSONValue: Sendable, Equatable {
  case null
  case bool(Bool)
  case integer(Int64)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  /// Parses a document. The error's place is line and column.
  public init(parsing data: Data) throws(MalformedVector) { self = try JSONText.parse(Array(data)) }

  public subscript(key: String) -> JSONValue {
    if case .object(let members) = self { return members[key] ?? .null }
    return .null
  }

  public var text: String? {
    if case .string(let value) = self { return value }
    return nil
  }
  public var items: [JSONValue] {
    if case .array(let values) = self { return values }
    return []
  }
  public var members: [String: JSONValue] {
    if case .object(let values) = self { return values }
    return [:]
  }
  public var isTrue: Bool { self == .bool(true) }

  /// An unsigned integer, written as a decimal string or as a number.
  public var amount: UInt128? {
    switch self {
    case .string(let value): UInt128(value)
    case .integer(let value): UInt128(exactly: value)
    default: nil
    }
  }
  public var count: UInt64? { amount.flatMap { UInt64(exactly: $0) } }

  static func amount(_ value: some BinaryInteger) -> JSONValue { .string(String(value)) }
}

extension JSONValue: CustomStringConvertible {
  /// JSON, with spaces after commas and colons.
  public var description: String {
    switch self {
    case .null: "null"
    case .bool(let value): String(value)
    case .integer(let value): String(value)
    case .number(let value): String(value)
    case .string(let value): Self.quoted(value)
    case .array(let values): "[" + values.map(\.description).joined(separator: ", ") + "]"
    case .object(let values):
      "{" + values.keys.sorted().map { "\(Self.quoted($0)): \(values[$0] ?? .null)" }.joined(separator: ", ")
        + "}"
    }
  }

  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": quoted += "\\\(scalar)"
      case "\n": quoted += "\\n"
      case "\t": quoted += "\\t"
      case "\r": quoted += "\\r"
      default:
        let digits = String(scalar.value, radix: 16)
        quoted +=
          scalar.value < 32
          ? "\\u" + String(repeating: "0", count: 4 - digits.count) + digits : String(scalar)
      }
    }
    return quoted + "\""
  }
}
