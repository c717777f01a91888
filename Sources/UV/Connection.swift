// A stream of bytes to one peer, over TCP or a unix socket.
//
// Output: bytes are appended to a buffer and sent once per loop pass with one `uv_try_write`; what the socket does not
// take goes on by a `uv_write` that owns its bytes. 64 KiB in the buffer are sent early. The buffer has a bound: at it,
// `write` refuses, and the caller counts what it dropped. Nothing is reported to the handler from inside `write`.
//
// Input: read into the loop's buffer and handed on in place; nothing is kept here.
//
// End: `ended` is called at most once, from the loop, when the peer or the system ended it; never after one's own
// `close`. The connection is then already closing.

internal import Basics
internal import CLibuv
internal import Glibc

/// Who receives what a connection reads. Kept alive by the connection until it is closed.
public protocol ConnectionHandler: AnyObject {
  /// A dialed connection stands. Not called for accepted ones.
  func connected(_ connection: Connection)
  /// Bytes came in: as many as one read took, cut anywhere. They are gone when this returns.
  func received(_ bytes: Span<UInt8>, on connection: Connection)
  /// The peer closed (nil) or something failed. The connection is closing.
  func ended(_ connection: Connection, _ error: UVError?)
}

/// One end of an established, or just being dialed, stream.
@safe public final class Connection: Handle {
  public enum Kind: Sendable { case tcp, unix }
  public let kind: Kind
  /// Set before the first pass of the loop after creation; dropped when the connection is closed.
  public var handler: (any ConnectionHandler)?

  /// What every write touches. Behind a pointer, so that a write pays for no exclusivity checks.
  @safe private struct Output {
    var base: UnsafeMutableRawPointer?
    var count = 0
    var capacity = 0
    /// Bytes that a `uv_write` still owns.
    var inFlight = 0
    var maximum = 1 << 20
    var isConnected = false
    var isDirty = false
    var hasFailed = false
    var bytesWritten: UInt64 = 0
    var flushes: UInt64 = 0
  }
  private let output: UnsafeMutablePointer<Output>
  private var isReading = false
  private var failure: UVError?

  /// Bytes in the buffer and in flight together never exceed this.
  public var outputBytesMaximum: Int {
    get { unsafe output.pointee.maximum }
    set { unsafe output.pointee.maximum = newValue }
  }

  /// Bytes handed over by `write` since the beginning.
  public var bytesWritten: UInt64 { unsafe output.pointee.bytesWritten }
  /// Bytes handed to the handler since the beginning.
  public private(set) var bytesRead: UInt64 = 0
  /// System calls made to send.
  public var flushes: UInt64 { unsafe output.pointee.flushes }

  /// A buffer of this size is sent before the pass ends.
  public static let earlyFlushBytes = 65_536

  // MARK: Beginning

  private init(_ loop: Loop, _ kind: Kind, tcp: UnsafeMutablePointer<uv_tcp_t>) {
    self.kind = kind
    unsafe output = .allocate(capacity: 1)
    unsafe output.initialize(to: Output())
    unsafe super.init(loop, adopting: tcp)
  }

  private init(_ loop: Loop, _ kind: Kind, pipe: UnsafeMutablePointer<uv_pipe_t>) {
    self.kind = kind
    unsafe output = .allocate(capacity: 1)
    unsafe output.initialize(to: Output())
    unsafe super.init(loop, adopting: pipe)
  }

  static func make(_ loop: Loop, _ kind: Kind) throws(UVError) -> Connection {
    switch kind {
    case .tcp:
      let tcp = UnsafeMutablePointer<uv_tcp_t>.allocate(capacity: 1)
      let code = unsafe uv_tcp_init(loop.raw, tcp)
      guard code == 0 else {
        unsafe tcp.deallocate()
        throw UVError(code: code, operation: "tcp")
      }
      return unsafe Connection(loop, kind, tcp: tcp)
    case .unix:
      let pipe = UnsafeMutablePointer<uv_pipe_t>.allocate(capacity: 1)
      let code = unsafe uv_pipe_init(loop.raw, pipe, 0)
      guard code == 0 else {
        unsafe pipe.deallocate()
        throw UVError(code: code, operation: "pipe")
      }
      return unsafe Connection(loop, kind, pipe: pipe)
    }
  }

  /// Starts to connect. The handler hears `connected` or `ended`. What is written before waits.
  public static func dial(
    _ loop: Loop, _ endpoint: Endpoint, handler: any ConnectionHandler
  ) throws(UVError) -> Connection {
    loop.assertOwnThread()
    let connection: Connection
    switch endpoint {
    case .tcp(let text, let port):
      var address = try Endpoint.socketAddress(text, port)
      connection = try make(loop, .tcp)
      let request = UnsafeMutablePointer<uv_connect_t>.allocate(capacity: 1)
      let code = unsafe uv_tcp_connect(
        request, connection.structure(uv_tcp_t.self), uvs_sockaddr(&address), Connection.onConnected)
      guard code == 0 else {
        unsafe request.deallocate()
        connection.close()
        throw UVError(code: code, operation: "connect \(endpoint.description)")
      }
    case .unix(let path):
      try Endpoint.checkPath(path)
      connection = try make(loop, .unix)
      let request = UnsafeMutablePointer<uv_connect_t>.allocate(capacity: 1)
      unsafe uv_pipe_connect(request, connection.structure(uv_pipe_t.self), path, Connection.onConnected)
    }
    connection.handler = handler
    return connection
  }

  private static let onConnected: uv_connect_cb = { request, status in
    guard let request = unsafe request else { return }
    let connection = unsafe Handle.find(Connection.self, request.pointee.handle)
    unsafe request.deallocate()
    guard let connection, connection.isOpen else { return }
    if status < 0 {
      connection.fail(UVError(code: status, operation: "connect"))
      return
    }
    unsafe connection.output.pointee.isConnected = true
    do throws(UVError) { try connection.begin() } catch {
      connection.fail(error)
      return
    }
    connection.handler?.connected(connection)
    if connection.isOpen, unsafe connection.output.pointee.count > 0 { connection.queueFlush() }
  }

  /// Takes a waiting connection from a listener.
  func accept(from server: UnsafeMutablePointer<uv_stream_t>) throws(UVError) {
    try unsafe UVError.check(uv_accept(server, structure(uv_stream_t.self)), "accept")
    unsafe output.pointee.isConnected = true
    try begin()
  }

  /// Switches Nagle's delay off (we batch ourselves) and starts to read.
  private func begin() throws(UVError) {
    if kind == .tcp { try unsafe UVError.check(uv_tcp_nodelay(structure(uv_tcp_t.self), 1), "nodelay") }
    try startReading()
  }

  private func startReading() throws(UVError) {
    guard !isReading else { return }
    try unsafe UVError.check(
      uv_read_start(structure(uv_stream_t.self), Connection.onAllocate, Connection.onRead), "read")
    isReading = true
  }

  /// Stops taking input, so that the peer feels it; `resumeReading` goes on.
  public func pauseReading() {
    loop.assertOwnThread()
    guard isOpen, isReading else { return }
    unsafe uv_read_stop(structure(uv_stream_t.self))
    isReading = false
  }

  public func resumeReading() {
    loop.assertOwnThread()
    guard isOpen, unsafe output.pointee.isConnected, !isReading else { return }
    do throws(UVError) { try startReading() } catch { failLater(error) }
  }

  // MARK: Input

  private static let onAllocate: uv_alloc_cb = { handle, _, buffer in
    guard let connection = unsafe Handle.find(Connection.self, handle) else { return }
    connection.loop.meter.readBeganAt = Loop.monotonicNanoseconds
    let room = unsafe connection.loop.readBuffer
    unsafe buffer?.pointee = uv_buf_init(
      UnsafeMutableRawPointer(room.baseAddress)?.assumingMemoryBound(to: CChar.self),
      UInt32(truncatingIfNeeded: room.count))
  }

  private static let onRead: uv_read_cb = { stream, count, _ in
    guard let connection = unsafe Handle.find(Connection.self, stream), connection.isOpen else { return }
    if count > 0 {
      let loop = connection.loop
      loop.meter.reads.add(Loop.monotonicNanoseconds &- loop.meter.readBeganAt)
      connection.bytesRead &+= UInt64(count)
      let bytes = unsafe UnsafeBufferPointer(rebasing: connection.loop.readBuffer[..<count])
      unsafe connection.handler?.received(bytes.span, on: connection)
    } else if count < 0 {
      let code = Int32(truncatingIfNeeded: count)
      connection.fail(code == UV_EOF.rawValue ? nil : UVError(code: code, operation: "read"))
    }
  }

  // MARK: Output

  /// Bytes that wait in the buffer or in the system's hands.
  public var outputPending: Int { unsafe output.pointee.count + output.pointee.inFlight }

  /// Appends exactly `count` bytes, which `fill` writes. False, and nothing appended, when the bound would be passed or
  /// the connection is closing.
  @inline(__always)
  public func write(_ count: Int, _ fill: (inout OutputSpan<UInt8>) -> Void) -> Bool {
    loop.assertOwnThread()
    let needed = unsafe output.pointee.count &+ count
    guard isOpen, unsafe needed &+ output.pointee.inFlight <= output.pointee.maximum else { return false }
    if unsafe needed > output.pointee.capacity { grow(toHold: needed) }
    guard let base = unsafe output.pointee.base else { return true }
    let place = unsafe UnsafeMutableBufferPointer(
      start: base.assumingMemoryBound(to: UInt8.self) + output.pointee.count, count: count)
    var span = unsafe OutputSpan(buffer: place, initializedCount: 0)
    fill(&span)
    let written = unsafe span.finalize(for: place)
    precondition(written == count, "a writer promised \(count) bytes and wrote \(written)")
    unsafe output.pointee.count = needed
    unsafe output.pointee.bytesWritten &+= UInt64(count)
    if unsafe !output.pointee.isDirty { queueFlush() }
    if needed >= Connection.earlyFlushBytes, unsafe !output.pointee.hasFailed { flush() }
    return true
  }

  /// Appends `bytes`. False, and nothing appended, when the bound would be passed or the connection is closing.
  public func write(_ bytes: Span<UInt8>) -> Bool { write(bytes.count) { $0.append(bytes: bytes) } }

  @inline(never) private func queueFlush() {
    guard unsafe !output.pointee.isDirty else { return }
    unsafe output.pointee.isDirty = true
    loop.markDirty(self)
  }

  @inline(never) private func grow(toHold needed: Int) {
    let larger = unsafe max(needed, output.pointee.capacity * 2, 4_096)
    guard let moved = unsafe realloc(output.pointee.base, larger) else {
      preconditionFailure("out of memory")
    }
    unsafe output.pointee.base = moved
    unsafe output.pointee.capacity = larger
  }

  /// The loop's pass ends: sends what waits, and reports a failure that `write` met.
  func flushAtPassEnd() {
    unsafe output.pointee.isDirty = false
    guard isOpen else { return }
    if unsafe !output.pointee.hasFailed { flush() }
    if let failure { fail(failure) }
  }

  private func flush() {
    let count = unsafe output.pointee.count
    guard unsafe output.pointee.isConnected, count > 0, unsafe output.pointee.inFlight == 0 else { return }
    let stream = unsafe structure(uv_stream_t.self)
    var buffer = unsafe uv_buf_init(output.pointee.base?.assumingMemoryBound(to: CChar.self), UInt32(count))
    unsafe output.pointee.flushes &+= 1
    let before = Loop.monotonicNanoseconds
    let sent = unsafe uv_try_write(stream, &buffer, 1)
    loop.meter.writes.add(Loop.monotonicNanoseconds &- before)
    if sent == count {
      unsafe output.pointee.count = 0
      if unsafe output.pointee.capacity > 4 * Connection.earlyFlushBytes { freeOutput() }
      return
    }
    if sent < 0 && sent != UV_EAGAIN.rawValue {
      failLater(UVError(code: sent, operation: "write"))
      return
    }
    unsafe sendRest(from: Int(max(sent, 0)), on: stream)
  }

  /// The socket took a part: the rest goes into one allocation, the request in front of its bytes.
  @inline(never) private func sendRest(from start: Int, on stream: UnsafeMutablePointer<uv_stream_t>) {
    let rest = unsafe output.pointee.count - start
    let header = unsafe MemoryLayout<uv_write_t>.stride
    guard let block = unsafe malloc(header + rest), let base = unsafe output.pointee.base else {
      preconditionFailure("out of memory")
    }
    unsafe (block + header).copyMemory(from: base + start, byteCount: rest)
    unsafe output.pointee.count = 0
    let request = unsafe block.bindMemory(to: uv_write_t.self, capacity: 1)
    var buffer = unsafe uv_buf_init((block + header).assumingMemoryBound(to: CChar.self), UInt32(rest))
    let code = unsafe uv_write(request, stream, &buffer, 1) { request, status in
      guard let request = unsafe request else { return }
      let connection = unsafe Handle.find(Connection.self, request.pointee.handle)
      unsafe free(request)
      connection?.wrote(status)
    }
    if code < 0 {
      unsafe free(block)
      failLater(UVError(code: code, operation: "write"))
    } else {
      unsafe output.pointee.inFlight = rest
    }
  }

  private func wrote(_ status: Int32) {
    unsafe output.pointee.inFlight = 0
    guard isOpen else { return }
    if status < 0 {
      fail(UVError(code: status, operation: "write"))
    } else if unsafe output.pointee.count > 0 {
      queueFlush()
    }
  }

  private func freeOutput() {
    unsafe free(output.pointee.base)
    unsafe output.pointee.base = nil
    unsafe output.pointee.capacity = 0
    unsafe output.pointee.count = 0
  }

  // MARK: End

  /// Ends it from the loop's own level and tells the handler.
  private func fail(_ error: UVError?) {
    guard isOpen else { return }
    let told = handler
    close()
    told?.ended(self, error)
  }

  /// Ends it at the end of the pass: for failures met inside a caller's `write`.
  private func failLater(_ error: UVError) {
    failure = error
    unsafe output.pointee.hasFailed = true
    queueFlush()
  }

  /// The user and the process at the other end of a unix socket.
  public func peerCredentials() throws(UVError) -> (user: UInt32, process: Int32) {
    var user: UInt32 = 0
    var process: Int32 = 0
    guard isOpen else { throw UVError(code: UV_ENOTCONN.rawValue, operation: "peer") }
    try unsafe UVError.check(uvs_peer(raw, &user, &process), "peer")
    return (user, process)
  }

  override func didClose() {
    handler = nil
    freeOutput()
  }

  deinit { unsafe output.deallocate() }
}
