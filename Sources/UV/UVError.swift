// Failures of system calls as values.

internal import CLibuv

/// A libuv call that failed: which one, and its negative code.
public struct UVError: Error, Equatable, Sendable {
  /// libuv's code: a negated `errno`, or one of its own below -3000.
  public let code: Int32
  /// What was being done, for instance `connect` or `bind /run/x.sock`.
  public let operation: String

  public init(code: Int32, operation: String) {
    self.code = code
    self.operation = operation
  }

  /// The short name of the code, for instance `ECONNREFUSED`.
  public var name: String { unsafe uv_err_name(code).map { unsafe String(cString: $0) } ?? "UNKNOWN" }

  /// Throws when `code` is negative.
  static func check(_ code: Int32, _ operation: @autoclosure () -> String) throws(UVError) {
    if code < 0 { throw UVError(code: code, operation: operation()) }
  }
}

extension UVError: CustomStringConvertible {
  public var description: String {
    "\(operation): \(unsafe uv_strerror(code).map { unsafe String(cString: $0) } ?? "error") (\(name))"
  }
}
