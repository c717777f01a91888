// Reads one value of a file: a scalar with its unit and bounds, a list, a mapping, or one of several forms.

import Basics

/// A value and its place. Every method either returns what it read, or notes a mistake and returns nil.
struct ValueReader {
  let tree: Tree
  let path: String
  let reading: Reading
  /// Set while the schema is being written: nothing is read then.
  let sink: SchemaSink?

  var isRecording: Bool { sink != nil }

  func mistake(_ text: String) {
    if sink == nil { reading.mistake(tree.place, path, text) }
  }

  /// A check that needs the whole scenario: it runs when everything is read, and its text is a mistake here.
  func afterwards(_ check: @escaping (Scenario) -> String?) {
    if sink == nil { reading.afterwards(tree.place, path, check) }
  }

  // MARK: Scalars

  /// A scalar that `parse` understands.
  func scalar<T>(_ allowed: Allowed, _ parse: (String) throws(QuantityError) -> T) -> T? {
    guard let text = text(allowed) else { return nil }
    do throws(QuantityError) { return try parse(text) } catch {
      mistake("\(error.reason); \(allowed.text)")
      return nil
    }
  }

  /// The scalar's text; nil when there is none (which is noted) or the schema is being written.
  private func text(_ allowed: Allowed) -> String? {
    if let sink {
      sink.alternatives.append(allowed.schema)
      return nil
    }
    switch tree.content {
    case .scalar(let text): return text
    case .empty: mistake("has no value; \(allowed.text)")
    case .list, .mapping: mistake("is \(tree.noun); \(allowed.text)")
    }
    return nil
  }

  func string(
    _ allowed: String = "write a text", pattern: String? = nil, accepts: (String) -> Bool = { _ in true }
  )
    -> String?
  {
    var schema = JSONText.object(["type": .array([.string("string"), .string("number")])])
    if let pattern { schema = .object(["type": .string("string"), "pattern": .string(pattern)]) }
    return scalar(Allowed(text: allowed, schema: schema)) { (text) throws(QuantityError) in
      guard accepts(text) else { throw QuantityError(reason: "'\(clip(text))' is not allowed") }
      return text
    }
  }

  func bool() -> Bool? {
    scalar(Allowed(text: "write true or false", schema: .object(["type": .string("boolean")]))) {
      (text) throws(QuantityError) in
      switch text {
      case "true": return true
      case "false": return false
      default: throw QuantityError(reason: "'\(clip(text))' is neither true nor false")
      }
    }
  }

  /// A whole number without unit.
  func integer(_ range: ClosedRange<Int>) -> Int? {
    let schema = JSONText.object([
      "type": .string("integer"), "minimum": .integer(range.lowerBound),
      "maximum": .integer(range.upperBound),
    ])
    return scalar(Allowed(text: "write a whole number \(describe(range))", schema: schema)) {
      (text) throws(QuantityError) in
      guard let value = wholeNumber(text) else {
        throw QuantityError(reason: "'\(clip(text))' is not a whole number")
      }
      guard let small = Int(exactly: value), range.contains(small) else {
        throw QuantityError(reason: "\(clip(text)) is out of range")
      }
      return small
    }
  }

  /// A seed: any 64-bit number.
  func seed() -> UInt64? {
    let schema = JSONText.object([
      "type": .string("integer"), "minimum": .integer(0), "maximum": .integer(UInt64.max),
    ])
    return scalar(Allowed(text: "write a whole number from 0 to \(UInt64.max)", schema: schema)) {
      (text) throws(QuantityError) in
      guard let value = wholeNumber(text) else {
        throw QuantityError(reason: "'\(clip(text))' is not a whole number")
      }
      guard let seed = UInt64(exactly: value) else {
        throw QuantityError(reason: "\(clip(text)) is out of range")
      }
      return seed
    }
  }

  /// A number without unit; finite.
  func number(_ range: ClosedRange<Double>, _ words: String? = nil) -> Double? {
    let schema = JSONText.object([
      "type": .string("number"), "minimum": .number("\(range.lowerBound)"),
      "maximum": .number("\(range.upperBound)"),
    ])
    let text = words ?? "write a number from \(plain(range.lowerBound)) to \(plain(range.upperBound))"
    return scalar(Allowed(text: text, schema: schema)) { (text) throws(QuantityError) in
      guard let value = decimalNumber(text) else {
        throw QuantityError(reason: "'\(clip(text))' is not a number")
      }
      guard range.contains(value) else { throw QuantityError(reason: "\(clip(text)) is out of range") }
      return value
    }
  }

  /// One word out of a closed set.
  func choice<E: CaseIterable & RawRepresentable>(_ type: E.Type = E.self) -> E? where E.RawValue == String {
    word(E.allCases.map(\.rawValue)).flatMap { E(rawValue: $0) }
  }

  /// One word of `words`. A word of `absent` is known, and refused because this version does not model it.
  func word(_ words: [String], absent: [String] = []) -> String? {
    let allowed = Allowed(
      text: "write \(alternatives(words))", schema: .object(["enum": .array(words.map { wordSchema($0) })]))
    return scalar(allowed) { (text) throws(QuantityError) in
      if words.contains(text) { return text }
      if absent.contains(text) { throw QuantityError(reason: "'\(text)' is not modelled by this version") }
      let hint = nearest(text, in: words).map { " (did you mean '\($0)'?)" } ?? ""
      throw QuantityError(reason: "'\(clip(text))' is unknown\(hint)")
    }
  }

  /// YAML reads the word `1.2` as a number, so the schema must allow both.
  private func wordSchema(_ word: String) -> JSONText {
    decimalNumber(word) == nil ? .string(word) : .number(word)
  }

  func duration(_ range: ClosedRange<TimeSpan> = .zero ... .century) -> TimeSpan? {
    quantity(.duration, range)
  }
  func size(_ range: ClosedRange<ByteCount>) -> ByteCount? { quantity(.size, range) }
  func bandwidth(_ range: ClosedRange<BitRate>) -> BitRate? { quantity(.bandwidth, range) }
  func frequency(_ range: ClosedRange<Frequency>) -> Frequency? { quantity(.frequency, range) }
  func ether(_ range: ClosedRange<Ether>) -> Ether? { quantity(.stake, range) }
  func share(_ range: ClosedRange<Share> = .zero ... .whole) -> Share? { quantity(.share, range) }

  private func quantity<Q: QuantityText & Comparable>(_ kind: QuantityKind, _ range: ClosedRange<Q>) -> Q? {
    scalar(Self.allowed(kind, range)) { (text) throws(QuantityError) in
      let value = try Q(text: text)
      guard range.contains(value) else { throw QuantityError(reason: "\(clip(text)) is out of range") }
      return value
    }
  }

  static func allowed<Q: QuantityText & Comparable>(_ kind: QuantityKind, _ range: ClosedRange<Q>) -> Allowed
  {
    Allowed(
      text: "\(kind.allowed), "
        + ((range.lowerBound as? Share)?.wad == 1 ? "above 0%, at most" : "from \(range.lowerBound) to")
        + " \(range.upperBound)",
      schema: .object(["type": .string("string"), "pattern": .string(kind.pattern)]))
  }

  // MARK: Lists and mappings

  /// A list, each item read by `read`; items that are wrong are left out (and noted).
  func list<T>(_ range: ClosedRange<Int> = 0...100_000, _ read: (ValueReader) -> T?) -> [T]? {
    if let sink {
      let item = SchemaSink()
      _ = read(ValueReader(tree: tree, path: path, reading: reading, sink: item))
      var schema: JSONText = .object(["type": .string("array"), "items": item.json])
      if range.lowerBound > 0 { schema = schema.adding("minItems", .integer(range.lowerBound)) }
      sink.alternatives.append(schema)
      return nil
    }
    return items(range)?.compactMap(read)
  }

  /// Readers of a list's items; nil when it is no list or has too many or too few, which is noted.
  private func items(_ range: ClosedRange<Int>) -> [ValueReader]? {
    guard case .list(let items) = tree.content else {
      mistake("is \(tree.noun); write a list")
      return nil
    }
    guard range.contains(items.count) else {
      let wanted = range.lowerBound == range.upperBound ? "\(range.lowerBound)" : describe(range)
      mistake("has \(items.count) items; write \(wanted)")
      return nil
    }
    return items.enumerated().map { index, item in
      ValueReader(tree: item, path: "\(path)[\(index)]", reading: reading, sink: nil)
    }
  }

  /// A mapping, read by `build`; keys that `build` did not ask for are mistakes.
  @discardableResult func object<T>(_ build: (ObjectReader) -> T) -> T? {
    guard let object = open() else { return nil }
    let value = build(object)
    return close(object) ? value : nil
  }

  /// The mapping's reader; nil when it is none, which is noted.
  private func open() -> ObjectReader? {
    if sink == nil, !tree.isMapping {
      mistake("is \(tree.noun); write a mapping (key: value)")
      return nil
    }
    return ObjectReader(tree: tree, path: path, reading: reading, isRecording: isRecording)
  }

  /// Ends the reading of a mapping; whether its value was read, and not its schema recorded.
  private func close(_ object: ObjectReader) -> Bool {
    if let sink {
      sink.alternatives.append(object.schema)
      return false
    }
    object.finish()
    return true
  }

  /// The form that fits the node: a scalar, a list or a mapping.
  func forms<T>(
    scalar: ((ValueReader) -> T?)? = nil, list: ((ValueReader) -> T?)? = nil,
    mapping: ((ObjectReader) -> T?)? = nil, expected: String
  ) -> T? {
    if sink != nil {
      _ = scalar?(self)
      _ = list?(self)
      if let mapping { _ = object { mapping($0) } }
      return nil
    }
    switch tree.content {
    case .scalar where scalar != nil: return scalar?(self)
    case .list where list != nil: return list?(self)
    case .mapping where mapping != nil: return object { mapping!($0) } ?? nil
    case .empty: mistake("has no value; write \(expected)")
    default: mistake("is \(tree.noun); write \(expected)")
    }
    return nil
  }
}

extension TimeSpan {
  /// The longest time a file may ask for.
  static let century = TimeSpan(nanoseconds: 36_500 * 86_400 * 1_000_000_000)
}

/// A whole number, with `_` between digits allowed; nil for anything else.
func wholeNumber(_ text: String) -> Int128? {
  var bytes = Array(text.utf8)
  var sign: Int128 = 1
  if bytes.first == UInt8(ascii: "-") { sign = -1 }
  if bytes.first == UInt8(ascii: "-") || bytes.first == UInt8(ascii: "+") { bytes.removeFirst() }
  guard let first = bytes.first, first != UInt8(ascii: "_"), bytes.count <= 36 else { return nil }
  var value: Int128 = 0
  for c in bytes where c != UInt8(ascii: "_") {
    guard c >= 48 && c <= 57 else { return nil }
    value = value * 10 + Int128(c - 48)
  }
  return sign * value
}

/// A decimal number; nil for hexadecimal, infinite, not-a-number and everything else.
func decimalNumber(_ text: String) -> Double? {
  for c in text.utf8 {
    guard
      (c >= 48 && c <= 57) || c == UInt8(ascii: ".") || c == UInt8(ascii: "-") || c == UInt8(ascii: "+")
        || c == UInt8(ascii: "e") || c == UInt8(ascii: "E")
    else { return nil }
  }
  guard text.utf8.count <= 64, let value = Double(text), value.isFinite else { return nil }
  return value
}

/// `a, b or c`.
func alternatives(_ words: [String]) -> String {
  guard let last = words.last, words.count > 1 else { return words.first ?? "" }
  return words.dropLast().joined(separator: ", ") + " or " + last
}

func describe(_ range: ClosedRange<Int>) -> String {
  range.upperBound == .max
    ? "of at least \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
}

/// A double without a needless `.0`.
func plain(_ value: Double) -> String {
  if let whole = Int64(exactly: value) { return "\(whole)" }
  return "\(value)"
}
