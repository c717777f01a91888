// A JSON document as a value, for files whose shape depends on their content.

public import Foundation

/// Any JSON value. Numbers are kept as integers where they are; amounts come as decimal strings.
public enum JSONValue: Sendable, Equatable, Decodable {
  case null
  case bool(Bool)
  case integer(Int64)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Int64.self) {
      self = .integer(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode([JSONValue].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: JSONValue].self))
    }
  }

  /// Parses a document. Throws what Foundation's decoder throws.
  public init(parsing data: Data) throws { self = try JSONDecoder().decode(JSONValue.self, from: data) }

  /// What Foundation's decoder says of text that is no JSON, with line and column.
  static func complaint(_ error: any Error) -> MalformedVector {
    if case DecodingError.dataCorrupted(let context) = error {
      let detail = context.underlyingError.map { "\($0)" } ?? ""
      return MalformedVector(
        place: "", reason: "is not JSON: \(detail.isEmpty ? context.debugDescription : detail)")
    }
    return MalformedVector(place: "", reason: "is not JSON: \(error)")
  }

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
  public var description: String {
    switch self {
    case .null: "null"
    case .bool(let value): String(value)
    case .integer(let value): String(value)
    case .number(let value): String(value)
    case .string(let value): "\"\(value)\""
    case .array(let values): "[" + values.map(\.description).joined(separator: ", ") + "]"
    case .object(let values):
      "{" + values.keys.sorted().map { "\"\($0)\": \(values[$0] ?? .null)" }.joined(separator: ", ") + "}"
    }
  }
}
