// Where one listens or dials. Only numeric addresses: the cluster resolves no names.

internal import CLibuv

/// An address of this machine or another, or a path of the file system.
public enum Endpoint: Equatable, Hashable, Sendable {
  /// A numeric IPv4 or IPv6 address; port 0 lets the system choose when listening.
  case tcp(String, port: UInt16)
  /// A unix socket. The path has to fit `pathBytesMaximum`.
  case unix(String)

  /// The loopback address with a port.
  public static func loopback(_ port: UInt16) -> Endpoint { .tcp("127.0.0.1", port: port) }

  /// What a `sockaddr_un` holds, without its ending zero. libuv would cut a longer path off and bind elsewhere.
  public static let pathBytesMaximum = 107

  var description: String {
    switch self {
    case .tcp(let address, let port): "\(address):\(port)"
    case .unix(let path): path
    }
  }

  /// The socket address of a `.tcp`.
  static func socketAddress(_ text: String, _ port: UInt16) throws(UVError) -> sockaddr_storage {
    var storage = sockaddr_storage()
    try unsafe UVError.check(uvs_address(text, Int32(port), &storage), "address \(text)")
    return storage
  }

  /// Refuses a path that libuv would cut off.
  static func checkPath(_ path: String) throws(UVError) {
    if path.utf8.count > pathBytesMaximum || path.isEmpty {
      throw UVError(code: UV_ENAMETOOLONG.rawValue, operation: "socket path \(path)")
    }
  }
}
