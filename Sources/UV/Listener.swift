// A socket that others dial.

internal import CLibuv

/// Accepts connections and hands them on.
@safe public final class Listener: Handle {
  private var accepted: ((Connection) -> Void)?
  private let kind: Connection.Kind
  /// The port it got, for TCP.
  public private(set) var port: UInt16 = 0
  /// Connections that could not be accepted (out of descriptors, peer gone).
  public private(set) var failures: UInt64 = 0

  private init<Structure>(
    _ loop: Loop, _ kind: Connection.Kind, _ structure: UnsafeMutablePointer<Structure>,
    _ accepted: @escaping (Connection) -> Void
  ) {
    self.kind = kind
    self.accepted = accepted
    unsafe super.init(loop, adopting: structure)
  }

  /// Listens at `endpoint`. `accepted` gets each new connection, reads already started, and sets its handler.
  public static func open(
    _ loop: Loop, _ endpoint: Endpoint, backlog: Int32 = 1024, _ accepted: @escaping (Connection) -> Void
  ) throws(UVError) -> Listener {
    loop.assertOwnThread()
    switch endpoint {
    case .tcp(let text, let port):
      var address = try Endpoint.socketAddress(text, port)
      let tcp = UnsafeMutablePointer<uv_tcp_t>.allocate(capacity: 1)
      let code = unsafe uv_tcp_init(loop.raw, tcp)
      guard code == 0 else {
        unsafe tcp.deallocate()
        throw UVError(code: code, operation: "tcp")
      }
      let listener = unsafe Listener(loop, .tcp, tcp, accepted)
      try listener.listen(unsafe uv_tcp_bind(tcp, uvs_sockaddr(&address), 0), endpoint, backlog)
      let bound = unsafe uvs_local_port(tcp)
      guard bound > 0 else {
        listener.close()
        throw UVError(code: bound, operation: "port of \(endpoint.description)")
      }
      listener.port = UInt16(truncatingIfNeeded: bound)
      return listener
    case .unix(let path):
      try Endpoint.checkPath(path)
      let pipe = UnsafeMutablePointer<uv_pipe_t>.allocate(capacity: 1)
      let code = unsafe uv_pipe_init(loop.raw, pipe, 0)
      guard code == 0 else {
        unsafe pipe.deallocate()
        throw UVError(code: code, operation: "pipe")
      }
      let listener = unsafe Listener(loop, .unix, pipe, accepted)
      try listener.listen(unsafe uv_pipe_bind(pipe, path), endpoint, backlog)
      return listener
    }
  }

  private func listen(_ bound: Int32, _ endpoint: Endpoint, _ backlog: Int32) throws(UVError) {
    guard bound == 0 else {
      close()
      throw UVError(code: bound, operation: "bind \(endpoint.description)")
    }
    let code = unsafe uv_listen(structure(uv_stream_t.self), backlog) { server, status in
      guard let server = unsafe server, let listener = unsafe Handle.find(Listener.self, server),
        listener.isOpen
      else { return }
      unsafe listener.take(from: server, status)
    }
    guard code == 0 else {
      close()
      throw UVError(code: code, operation: "listen \(endpoint.description)")
    }
  }

  private func take(from server: UnsafeMutablePointer<uv_stream_t>, _ status: Int32) {
    guard status == 0, let connection = try? Connection.make(loop, kind) else {
      failures += 1
      return
    }
    do throws(UVError) { try unsafe connection.accept(from: server) } catch {
      failures += 1
      connection.close()
      return
    }
    accepted?(connection)
  }

  override func didClose() { accepted = nil }
}
