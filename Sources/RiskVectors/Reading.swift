// Reading vectors' inputs: exact numbers, amounts, lists. What is missing or of another shape is an error with its key.

import Exact
import Vectors

/// A vector that cannot be followed.
struct UnreadableVector: Error {
  var reason: String
}

/// A part of a vector with the way to it.
struct Reader {
  let value: JSONValue
  let path: String

  init(_ value: JSONValue, _ path: String) {
    self.value = value
    self.path = path
  }

  subscript(key: String) -> Reader { Reader(value[key], "\(path).\(key)") }
  var isMissing: Bool { value == .null }
  var items: [Reader] { value.items.enumerated().map { Reader($1, "\(path)[\($0)]") } }
  /// In order of the keys.
  var members: [(key: String, value: Reader)] {
    value.members.keys.sorted().map { ($0, self[$0]) }
  }

  private func expecting(_ what: String) -> UnreadableVector {
    UnreadableVector(reason: "\(path): expected \(what), found \(value)")
  }

  func text() throws(UnreadableVector) -> String {
    guard let text = value.text else { throw expecting("text") }
    return text
  }

  func flag() throws(UnreadableVector) -> Bool {
    guard case .bool(let flag) = value else { throw expecting("true or false") }
    return flag
  }

  /// "p", "p/q", a decimal, or a number.
  func rational() throws(UnreadableVector) -> Rational {
    switch value {
    case .string(let text): if let value = Rational(text) { return value }
    case .integer(let value): return Rational(value)
    case .number(let value): if let value = Rational("\(value)") { return value }
    default: break
    }
    throw expecting("a number or a fraction")
  }

  func rational(default missing: Rational) throws(UnreadableVector) -> Rational {
    isMissing ? missing : try rational()
  }

  func amount() throws(UnreadableVector) -> UInt128 {
    guard let amount = value.amount else { throw expecting("an amount") }
    return amount
  }

  func count() throws(UnreadableVector) -> UInt64 {
    guard let count = value.count else { throw expecting("a count") }
    return count
  }
}

/// Positions of names, in order of first mention.
struct Names {
  private(set) var all: [String] = []
  private var positions: [String: Int] = [:]

  mutating func position(_ name: String) -> Int {
    if let known = positions[name] { return known }
    positions[name] = all.count
    all.append(name)
    return all.count - 1
  }

  func known(_ name: String, _ reader: Reader) throws(UnreadableVector) -> Int {
    guard let known = positions[name] else {
      throw UnreadableVector(reason: "\(reader.path): nothing is named \(name)")
    }
    return known
  }
}
