// JSON as a value whose keys keep their order, so that the same run writes the same bytes. Reading goes through Foundation's
// decoder (which forgets the order of keys: what is read comes back sorted); writing is here, because the order and the
// digits are a promise.

internal import Foundation

/// A JSON value. Objects keep the order in which they were built.
public indirect enum JSONValue: Sendable, Equatable {
  case null
  case bool(Bool)
  case integer(Int64)
  /// Whole numbers above `Int64.max`; smaller ones are `integer`.
  case unsigned(UInt64)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([Member])

  /// A key and its value.
  public struct Member: Sendable, Equatable {
    public var key: String
    public var value: JSONValue
    public init(_ key: String, _ value: JSONValue) {
      self.key = key
      self.value = value
    }
  }
}

// MARK: Building

extension JSONValue {
  public init(_ value: Bool) { self = .bool(value) }
  public init(_ value: Int) { self = .integer(Int64(value)) }
  public init(_ value: UInt64) {
    self = value > UInt64(Int64.max) ? .unsigned(value) : .integer(Int64(value))
  }
  /// Undefined and infinite numbers are `null`, whole ones integers: `1`, never `1.0`.
  public init(_ value: Double) {
    if !value.isFinite {
      self = .null
    } else if let whole = Int64(exactly: value), abs(value) < 9_007_199_254_740_992 {
      self = .integer(whole)
    } else {
      self = .number(value)
    }
  }
  public init(_ value: Double?) { self = value.map { JSONValue($0) } ?? .null }
  public init(_ value: Int?) { self = value.map { JSONValue($0) } ?? .null }
  public init(_ value: Bool?) { self = value.map { JSONValue($0) } ?? .null }
  public init(_ value: String) { self = .string(value) }
  public init(_ value: String?) { self = value.map { .string($0) } ?? .null }
  /// An amount of wei or of shares: a decimal string, since no JSON number holds it.
  public init(amount: UInt128) { self = .string(String(amount)) }
  public init(amount: UInt128?) { self = amount.map { JSONValue(amount: $0) } ?? .null }
}

extension JSONValue: ExpressibleByDictionaryLiteral, ExpressibleByStringLiteral {
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(elements.map { Member($0.0, $0.1) })
  }
  public init(stringLiteral value: String) { self = .string(value) }
}

// MARK: Looking

extension JSONValue {
  /// The member `key` of an object, the element of an array when `key` is its index; nil when there is none.
  public subscript(key: String) -> JSONValue? {
    switch self {
    case .object(let members): members.first { $0.key == key }?.value
    case .array(let elements): Int(key).flatMap { elements.indices.contains($0) ? elements[$0] : nil }
    default: nil
    }
  }

  /// The value at a dotted path, such as `slashing.classes.equivocation.precision` or `faults.0.kind`. A key may contain
  /// dots itself (an issuer's name, say): longer keys are tried first. Nil when the path leads nowhere, `.null` when the
  /// value is undefined.
  public func value(at path: String) -> JSONValue? {
    value(at: path.split(separator: ".", omittingEmptySubsequences: false)[...])
  }

  private func value(at parts: ArraySlice<Substring>) -> JSONValue? {
    if parts.isEmpty { return self }
    for length in stride(from: parts.count, through: 1, by: -1) {
      guard let inner = self[parts.prefix(length).joined(separator: ".")] else { continue }
      if let found = inner.value(at: parts.dropFirst(length)) { return found }
    }
    return nil
  }

  /// The number, if this is one.
  public var double: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .unsigned(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }
  /// The text, if this is a string.
  public var string: String? { if case .string(let value) = self { value } else { nil } }
  public var boolean: Bool? { if case .bool(let value) = self { value } else { nil } }
  public var elements: [JSONValue] { if case .array(let value) = self { value } else { [] } }
  public var members: [Member] { if case .object(let value) = self { value } else { [] } }

  /// Every value that is neither object nor array, with its dotted path, in order of appearance.
  public var leaves: [(path: String, value: JSONValue)] {
    var found: [(path: String, value: JSONValue)] = []
    collectLeaves(at: "", into: &found)
    return found
  }

  private func collectLeaves(at path: String, into found: inout [(path: String, value: JSONValue)]) {
    func inner(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
    switch self {
    case .object(let members): for m in members { m.value.collectLeaves(at: inner(m.key), into: &found) }
    case .array(let elements):
      for (k, element) in elements.enumerated() { element.collectLeaves(at: inner(String(k)), into: &found) }
    default: found.append((path, self))
    }
  }
}

// MARK: Writing

extension JSONValue {
  /// The value as JSON text. `pretty` puts every member of an object on a line of its own; short arrays of plain values stay
  /// on one line.
  public func text(pretty: Bool = false) -> String {
    var out = ""
    write(to: &out, pretty: pretty, indent: 0)
    return out
  }

  private func write(to out: inout String, pretty: Bool, indent: Int) {
    switch self {
    case .null: out += "null"
    case .bool(let value): out += value ? "true" : "false"
    case .integer(let value): out += String(value)
    case .unsigned(let value): out += String(value)
    case .number(let value): out += value.isFinite ? "\(value)" : "null"
    case .string(let value): JSONValue.write(value, to: &out)
    case .array(let elements):
      let isFlat = elements.allSatisfy(\.isPlain)
      JSONValue.writeList(
        elements, brackets: ("[", "]"), pretty: pretty && !isFlat, spaced: pretty, indent: indent, to: &out
      ) {
        $0.write(to: &$1, pretty: pretty, indent: indent + 1)
      }
    case .object(let members):
      JSONValue.writeList(
        members, brackets: ("{", "}"), pretty: pretty, spaced: pretty, indent: indent, to: &out
      ) {
        JSONValue.write($0.key, to: &$1)
        $1 += pretty ? ": " : ":"
        $0.value.write(to: &$1, pretty: pretty, indent: indent + 1)
      }
    }
  }

  private var isPlain: Bool {
    switch self {
    case .array, .object: false
    default: true
    }
  }

  private static func writeList<Item>(
    _ items: [Item], brackets: (String, String), pretty: Bool, spaced: Bool, indent: Int,
    to out: inout String,
    each: (Item, inout String) -> Void
  ) {
    out += brackets.0
    for (k, item) in items.enumerated() {
      if k > 0 { out += pretty || !spaced ? "," : ", " }
      if pretty { out += "\n" + String(repeating: "  ", count: indent + 1) }
      each(item, &out)
    }
    if pretty && !items.isEmpty { out += "\n" + String(repeating: "  ", count: indent) }
    out += brackets.1
  }

  private static func write(_ string: String, to out: inout String) {
    out += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\r": out += "\\r"
      case "\t": out += "\\t"
      case "\u{0}"..<"\u{20}", "\u{7F}", "\u{2028}", "\u{2029}":
        let digits = String(scalar.value, radix: 16)
        out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: out.unicodeScalars.append(scalar)
      }
    }
    out += "\""
  }
}

// MARK: Reading

extension JSONValue: Decodable {
  /// Reads JSON text. The members of objects come back sorted by key.
  ///
  /// - Throws: Foundation's `DecodingError` when `text` is not JSON in UTF-8.
  public init(parsing text: some Sequence<UInt8>) throws {
    self = try JSONDecoder().decode(JSONValue.self, from: Data(text))
  }

  public init(from decoder: any Decoder) throws {
    if let keyed = try? decoder.container(keyedBy: AnyKey.self) {
      let keys = keyed.allKeys.sorted { $0.stringValue < $1.stringValue }
      self = .object(
        try keys.map { Member($0.stringValue, try keyed.decode(JSONValue.self, forKey: $0)) })
      return
    }
    if var list = try? decoder.unkeyedContainer() {
      var elements: [JSONValue] = []
      while !list.isAtEnd { elements.append(try list.decode(JSONValue.self)) }
      self = .array(elements)
      return
    }
    let single = try decoder.singleValueContainer()
    if single.decodeNil() {
      self = .null
    } else if let value = try? single.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? single.decode(Int64.self) {
      self = .integer(value)
    } else if let value = try? single.decode(UInt64.self) {
      self = .unsigned(value)
    } else if let value = try? single.decode(Double.self) {
      self = .number(value)
    } else {
      self = .string(try single.decode(String.self))
    }
  }

  private struct AnyKey: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }
}
