// An expectation makes a run a test: `latency.quorum.p99 <= 2s`. It is read once, refused when it names a measure that
// no run has or a unit that the measure has not, and judged against a run's summary.

import Basics

/// A measure, a comparison and a literal with its unit.
public struct Expectation: Sendable, Equatable, Codable {
  public enum Comparison: String, CaseIterable, Sendable, Codable {
    case less = "<"
    case atMost = "<="
    case equal = "=="
    case different = "!="
    case atLeast = ">="
    case greater = ">"
  }

  /// The text as written, spaces made single.
  public var expression: String
  /// Dotted key of `summary.json`.
  public var measure: String
  public var comparison: Comparison
  /// The literal in the measure's unit, as an exact decimal.
  public var literal: Literal

  public enum Literal: Sendable, Equatable, Codable {
    case number(Decimal18)
    case truth(Bool)
  }

  /// What a summary holds under a key.
  public enum Value: Sendable, Equatable {
    case null
    case integer(Int128)
    case number(Double)
    /// Wei as a decimal string, or another text.
    case text(String)
    case bool(Bool)
  }

  /// What became of it.
  public struct Outcome: Sendable, Equatable {
    public var expression: String
    /// The value found, as text; nil for null.
    public var value: String?
    public var holds: Bool
    /// Why it does not hold, when that is not plain from the value.
    public var note: String?
  }

  /// Judges it against a summary, `lookup` giving the value of a dotted key (nil: there is no such key).
  public func judge(_ lookup: (String) -> Value?) -> Outcome {
    func outcome(_ value: String?, _ holds: Bool, _ note: String? = nil) -> Outcome {
      Outcome(expression: expression, value: value, holds: holds, note: note)
    }
    guard let value = lookup(measure) else {
      return outcome(nil, false, "the run has no measure '\(measure)'")
    }
    switch (value, literal) {
    case (.null, _): return outcome(nil, false, "\(measure) is null: a comparison with null does not hold")
    case (.bool(let found), .truth(let wanted)):
      return outcome("\(found)", comparison == .equal ? found == wanted : found != wanted)
    case (.integer(let found), .number(let wanted)):
      return outcome("\(found)", compare(Decimal18(whole: found), wanted))
    case (.number(let found), .number(let wanted)):
      guard let exact = Decimal18(found) else {
        return outcome("\(found)", false, "\(measure) is not finite")
      }
      return outcome("\(found)", compare(exact, wanted))
    case (.text(let found), .number(let wanted)):
      guard let exact = Decimal18(text: found) else {
        return outcome(found, false, "'\(clip(found))' is not a number")
      }
      return outcome(found, compare(exact, wanted))
    case (.bool(let found), .number): return outcome("\(found)", false, "\(measure) is true or false")
    case (.integer(let found), .truth): return outcome("\(found)", false, "\(measure) is a number")
    case (.number(let found), .truth): return outcome("\(found)", false, "\(measure) is a number")
    case (.text(let found), .truth): return outcome(found, false, "\(measure) is a number")
    }
  }

  private func compare(_ a: Decimal18, _ b: Decimal18) -> Bool {
    switch comparison {
    case .less: a < b
    case .atMost: a <= b
    case .equal: a == b
    case .different: a != b
    case .atLeast: a >= b
    case .greater: a > b
    }
  }

  static func read(_ value: ValueReader) -> Expectation? {
    let allowed = Allowed(
      text: "write MEASURE OPERATOR LITERAL, such as latency.quorum.p99 <= 2s",
      schema: .object([
        "type": .string("string"), "pattern": .string("^ *[^ <>=!]+ *(==|!=|<=|>=|<|>) *[^ ].*$"),
      ]))
    return value.scalar(allowed) { (text) throws(QuantityError) in try Expectation(parsing: text) }
  }

  /// Reads an expression. Throws with the reason as half a sentence.
  public init(_ text: String) throws(Mistake) {
    do throws(QuantityError) { self = try Expectation(parsing: text) } catch {
      throw Mistake(file: text, line: 0, column: 0, key: "", text: error.reason)
    }
  }

  init(parsing text: String) throws(QuantityError) {
    let bytes = Array(text.utf8)
    guard let start = bytes.firstIndex(where: { [60, 61, 62, 33].contains($0) }) else {
      throw QuantityError(reason: "'\(clip(text))' compares nothing")
    }
    var end = start
    while end < bytes.count, [60, 61, 62, 33].contains(bytes[end]) { end += 1 }
    let measure = Self.trimmed(bytes[..<start])
    let symbol = String(decoding: bytes[start..<end], as: UTF8.self)
    let literal = Self.trimmed(bytes[end...])
    guard let comparison = Comparison(rawValue: symbol) else {
      throw QuantityError(reason: "'\(clip(symbol))' is not a comparison; write <, <=, ==, !=, >= or >")
    }
    guard !measure.isEmpty else { throw QuantityError(reason: "'\(clip(text))' names no measure") }
    guard !literal.isEmpty else { throw QuantityError(reason: "'\(clip(text))' compares with nothing") }
    let unit = try MeasureTable.unit(of: measure)
    self.literal = try unit.parse(literal, measure)
    if case .truth = self.literal, comparison != .equal, comparison != .different {
      throw QuantityError(reason: "'\(measure)' is true or false; compare it by == or !=")
    }
    self.measure = measure
    self.comparison = comparison
    expression = "\(measure) \(symbol) \(literal)"
  }

  private static func trimmed(_ bytes: ArraySlice<UInt8>) -> String {
    let spaces: (UInt8) -> Bool = { $0 == 32 || $0 == 9 }
    return String(
      decoding: bytes.drop(while: spaces).reversed().drop(while: spaces).reversed(), as: UTF8.self)
  }
}

/// A decimal number with 18 places: integers of wei, shares and latencies compare without rounding against each other.
public struct Decimal18: Sendable, Hashable, Comparable, Codable {
  /// Whole part (floor) and 10^-18 parts above it.
  public var whole: Int128
  public var parts: UInt64

  init(whole: Int128, parts: UInt64 = 0) {
    self.whole = whole
    self.parts = parts
  }

  /// The decimal that the shortest text of this double denotes: 0.99 is 0.99.
  init?(_ value: Double) {
    guard value.isFinite else { return nil }
    if abs(value) < 1e-18 {
      self.init(whole: 0)
      return
    }
    self.init(text: "\(value)")
  }

  /// `-12.5`, `1e-7`, `5e+16`; more than 18 places are cut off.
  init?(text: String) {
    var body = Substring(text)
    var exponent = 0
    if let e = body.firstIndex(where: { $0 == "e" || $0 == "E" }) {
      guard let value = Int(body[body.index(after: e)...]), abs(value) < 40 else { return nil }
      exponent = value
      body = body[..<e]
    }
    var negative = false
    if body.first == "-" || body.first == "+" {
      negative = body.first == "-"
      body = body.dropFirst()
    }
    let pieces = body.split(separator: ".", omittingEmptySubsequences: false)
    guard pieces.count <= 2, let head = pieces.first, !head.isEmpty else { return nil }
    let tail = pieces.count == 2 ? pieces[1] : ""
    if pieces.count == 2, tail.isEmpty { return nil }
    guard (head + tail).utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }) else { return nil }
    var digits = Array(head.utf8) + Array(tail.utf8)
    var point = head.utf8.count + exponent
    while point < 0 {
      digits.insert(48, at: 0)
      point += 1
    }
    while point > digits.count { digits.append(48) }
    guard point <= 38 else { return nil }
    var whole: Int128 = 0
    for d in digits[..<point] {
      let (shifted, over) = whole.multipliedReportingOverflow(by: 10)
      if over { return nil }
      let (sum, more) = shifted.addingReportingOverflow(Int128(d - 48))
      if more { return nil }
      whole = sum
    }
    var parts: UInt64 = 0
    for k in 0..<18 { parts = parts * 10 + (point + k < digits.count ? UInt64(digits[point + k] - 48) : 0) }
    if negative {
      self.init(whole: parts == 0 ? -whole : -whole - 1, parts: parts == 0 ? 0 : Share.one - parts)
    } else {
      self.init(whole: whole, parts: parts)
    }
  }

  public static func < (a: Self, b: Self) -> Bool { (a.whole, a.parts) < (b.whole, b.parts) }
}
