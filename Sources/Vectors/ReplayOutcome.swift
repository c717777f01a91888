// What a replay of one file of vectors found.

/// The result for one file: the line that `avsim contracts replay` and `avsim risk check` print.
public struct ReplayOutcome: Sendable, Equatable, Encodable {
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
}
