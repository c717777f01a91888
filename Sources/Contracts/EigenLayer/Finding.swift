// What a checker says when a property does not hold.

/// One broken property. A checker returns it and goes on; the caller decides.
public struct Finding: Sendable, Equatable, Error {
  /// Name of the check, stable: it appears under `checks` in `summary.json`.
  public var check: String
  public var detail: String
  public init(check: String, detail: String) {
    self.check = check
    self.detail = detail
  }
}
