// What a replay of one file of vectors found.

/// The result for one file: the line that `avsim contracts replay` and `avsim risk check` print.
public struct ReplayOutcome: Sendable, Equatable {
  public var file: String
  public var steps = 0
  /// Values compared.
  public var observations = 0
  /// Values that differ.
  public var failed = 0
  /// The first difference: step, key, expected, got. Nil when there is none.
  public var first: String?

  public init(file: String) { self.file = file }

  /// Compares one value.
  mutating func compare(_ place: @autoclosure () -> String, expected: JSONValue, got: JSONValue) {
    observations += 1
    if expected == got { return }
    failed += 1
    if first == nil { first = "\(place()): expected \(expected), got \(got)" }
  }

  /// Something in the file that the replay cannot follow counts as a difference.
  mutating func fail(_ reason: String) {
    observations += 1
    failed += 1
    if first == nil { first = reason }
  }

  /// Compares the keys that are expected, ascending; others are not asked for.
  mutating func compare(
    _ place: @autoclosure () -> String, expected: [String: JSONValue], got: [String: JSONValue]
  ) {
    for (key, value) in expected.sorted(by: { $0.key < $1.key }) {
      compare("\(place()) \(key)", expected: value, got: got[key] ?? .null)
    }
  }

  /// One line of JSON, the keys in this order; `first` is null when there is no difference.
  public var line: String {
    """
    {"file":\(JSONValue.string(file)),"steps":\(steps),"observations":\(observations),"failed":\(failed),\
    "first":\(first.map { JSONValue.string($0) } ?? .null)}
    """
  }
}

/// The observations of a recorded contract: a map that each step changes, compared in full after every step.
struct ObservationMap {
  private var expected: [String: JSONValue]

  init(_ initial: VectorField) throws(MalformedVector) {
    expected = [:]
    for (key, field) in try initial.members() { expected[key] = field.value }
  }

  mutating func apply(_ changed: VectorField) throws(MalformedVector) {
    for (key, field) in try changed.members() { expected[key] = field.value }
  }

  func compare(_ place: String, _ outcome: inout ReplayOutcome, _ observe: (String) -> JSONValue) {
    for (key, value) in expected.sorted(by: { $0.key < $1.key }) {
      outcome.compare("\(place) \(key)", expected: value, got: observe(key))
    }
  }
}

/// What a recorded call did.
struct CallResult {
  /// The contract's name of the error; nil when the call succeeded.
  var error: String?
  var values: [String: JSONValue] = [:]

  static func failed(_ error: String) -> CallResult { CallResult(error: error) }

  /// Compares with a step's `ok`, `error` and `ret`.
  func compare(with step: VectorField, _ place: String, _ outcome: inout ReplayOutcome)
    throws(MalformedVector)
  {
    outcome.compare("\(place) ok", expected: .bool(try step["ok"].bool()), got: .bool(error == nil))
    if let error {
      outcome.compare("\(place) error", expected: step["error"].value, got: .string(error))
    } else if let returned = step["ret"].ifPresent {
      outcome.compare("\(place) ret", expected: returned.value.members, got: values)
    }
  }
}

extension VectorField {
  /// How a step is called in messages: its number and operation.
  func stepName(_ count: Int) -> String {
    "step \(self["i"].value.count ?? UInt64(count)) (\(self["op"].value.text ?? "?"))"
  }
}
