// A broken checker, told by the first event that broke it.

public import Basics

/// Something that must never happen, and did.
public struct Breach: Sendable, Equatable {
  /// Name of the checker, as in `checks` of `summary.json`.
  public var check: String
  public var at: Instant
  /// The event, and what it contradicts.
  public var what: String

  public init(check: String, at: Instant, what: String) {
    self.check = check
    self.at = at
    self.what = what
  }
}

/// The first breaches of each checker, in the order in which they were found.
struct BreachList {
  private(set) var all: [Breach] = []

  /// Keeps the first of each checker.
  mutating func add(_ check: String, _ at: Instant, _ what: @autoclosure () -> String) {
    if all.contains(where: { $0.check == check }) { return }
    all.append(Breach(check: check, at: at, what: what()))
  }

  subscript(check: String) -> Breach? { all.first { $0.check == check } }
}
