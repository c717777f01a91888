// What the product computed for a vector, and how that is compared with what the vector expects.

import Exact
import Vectors

/// A value of the product's. Nothing stands for undefined or unbounded.
indirect enum Computed {
  case nothing
  case exact(Rational)
  /// Compared within a tolerance.
  case real(Double)
  case flag(Bool)
  case text(String)
  case list([Computed])
  /// Must have every key that is expected; may have more.
  case record([String: Computed])
  /// Must have the keys that are expected and no other.
  case table([String: Computed])

  static func exact(_ value: Rational?) -> Computed { value.map { .exact($0) } ?? .nothing }
  static func exact(_ value: some BinaryInteger) -> Computed { .exact(Rational(value)) }
  static func real(_ value: Double?) -> Computed { value.map { .real($0) } ?? .nothing }
}

extension Computed: CustomStringConvertible {
  var description: String {
    switch self {
    case .nothing: "null"
    case .exact(let value): value.description
    case .real(let value): "\(value)"
    case .flag(let value): "\(value)"
    case .text(let value): "\"\(value)\""
    case .list(let values): "[" + values.map(\.description).joined(separator: ", ") + "]"
    case .record(let members), .table(let members):
      "{" + members.keys.sorted().map { "\"\($0)\": \(members[$0] ?? .nothing)" }.joined(separator: ", ")
        + "}"
    }
  }
}

/// The result for one vector: a line of `avsim risk check`.
public struct VectorOutcome: Sendable, Equatable {
  public var file: String
  public var vector: String
  public var kind: String
  /// Values compared.
  public var observations = 0
  /// Values that differ.
  public var failed = 0
  /// The first difference: key, expected, got.
  public var first: String?

  public init(file: String, vector: String, kind: String) {
    self.file = file
    self.vector = vector
    self.kind = kind
  }

  mutating func fail(_ reason: String) {
    observations += 1
    failed += 1
    if first == nil { first = reason }
  }

  /// Compares, member by member. Exact numbers are compared exactly with strings and integers, and within 1e-9 with
  /// decimals, which vectors round.
  mutating func compare(_ place: String, expected: JSONValue, got: Computed) {
    switch (expected, got) {
    case (.object(let members), .record(let values)):
      compareMembers(place, members, values)
    case (.object(let members), .table(let values)):
      compareMembers(place, members, values)
      for key in values.keys.sorted() where members[key] == nil {
        fail("\(place).\(key): nothing expected, got \(values[key] ?? .nothing)")
      }
    case (.array(let items), .list(let values)):
      guard items.count == values.count else {
        return fail("\(place): expected \(items.count) items, got \(values.count): \(got)")
      }
      for (k, (item, value)) in zip(items, values).enumerated() {
        compare("\(place)[\(k)]", expected: item, got: value)
      }
    default:
      observations += 1
      guard !Self.agree(expected, got) else { return }
      failed += 1
      if first == nil { first = "\(place): expected \(expected), got \(got)" }
    }
  }

  private mutating func compareMembers(
    _ place: String, _ expected: [String: JSONValue], _ got: [String: Computed]
  ) {
    for key in expected.keys.sorted() {
      guard let value = got[key] else {
        fail("\(place).\(key): expected \(expected[key] ?? .null), and nothing computes this")
        continue
      }
      compare("\(place).\(key)", expected: expected[key] ?? .null, got: value)
    }
  }

  private static func agree(_ expected: JSONValue, _ got: Computed) -> Bool {
    switch (expected, got) {
    case (.null, .nothing): true
    case (.bool(let a), .flag(let b)): a == b
    case (.string(let a), .text(let b)): a == b
    case (.string(let a), .exact(let b)): Rational(a) == b
    case (.integer(let a), .exact(let b)): Rational(a) == b
    case (.number(let a), .exact(let b)): isClose(a, b.double)
    case (.string(let a), .real(let b)): Rational(a).map { isClose($0.double, b) } ?? false
    case (.integer(let a), .real(let b)): isClose(Double(a), b)
    case (.number(let a), .real(let b)): isClose(a, b)
    default: false
    }
  }

  private static func isClose(_ a: Double, _ b: Double) -> Bool { abs(a - b) <= 1e-9 * max(1, abs(a)) }
}

extension VectorOutcome: Encodable {
  private enum Key: String, CodingKey { case file, vector, kind, steps, observations, failed, first }

  /// One object with every key; `steps` is 1, a vector being one step.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(file, forKey: .file)
    try container.encode(vector, forKey: .vector)
    try container.encode(kind, forKey: .kind)
    try container.encode(1, forKey: .steps)
    try container.encode(observations, forKey: .observations)
    try container.encode(failed, forKey: .failed)
    try container.encode(first, forKey: .first)
  }
}
