// The event loop: one thread, many handles, and one moment per pass at which everything written is sent.
//
// It promises: output of connections is flushed once per pass (after the poll phase, and before it for what timers
// wrote); `close` ends with every handle closed and libuv's own word that nothing is left. Use from another thread is
// caught at once in debug builds; only `Async.Waker` may cross.

internal import CLibuv
internal import Glibc
public import Basics
internal import Synchronization

/// Loops of this process that were made and not closed.
private let openLoops = Atomic<Int>(0)

/// A libuv loop, owned by the thread that made it.
@safe public final class Loop {
  let raw: UnsafeMutablePointer<uv_loop_t>
  private let thread: uv_thread_t
  /// Handles adopted and not yet released, those of the loop itself included.
  private(set) var handles = 0
  /// Connections with output to send, in the order of their first write.
  private var dirty: [Connection] = []
  private var flushing: [Connection] = []
  /// Alarms whose instant changed in this pass.
  private var dirtyAlarms: [Alarm] = []
  /// What is read lands here and is parsed in place: one buffer for all connections, since reads do not overlap.
  let readBuffer: UnsafeMutableBufferPointer<UInt8>
  /// What `LoopMeter` adds up.
  public var meter = LoopMeter()
  private var ownHandles: [Handle] = []
  private var isClosed = false

  /// Bytes that one read takes at most.
  public static let readBytes = 65_536

  public init() throws(UVError) {
    unsafe raw = .allocate(capacity: 1)
    thread = uv_thread_self()
    unsafe readBuffer = .allocate(capacity: Loop.readBytes)
    let code = unsafe uv_loop_init(raw)
    guard code == 0 else {
      unsafe raw.deallocate()
      isClosed = true
      throw UVError(code: code, operation: "loop")
    }
    unsafe raw.pointee.data = nil
    _ = unsafe uvs_measure_idle(raw)
    // A peer that closed is an error of the write, not the end of the process.
    _ = signal(SIGPIPE, SIG_IGN)
    let prepare = Prepare(self) { [unowned self] in
      self.flush()
      self.armAlarms()
      self.metersPoll()
    }
    let check = Check(self) { [unowned self] in self.flush() }
    prepare.keepsLoopAlive = false
    check.keepsLoopAlive = false
    ownHandles = [prepare, check]
    openLoops.wrappingAdd(1, ordering: .relaxed)
  }

  /// Loops of this process that were made and not closed. Zero at its end, or somebody forgot one; what `close` promises is
  /// libuv's word for each.
  public static var open: Int { openLoops.load(ordering: .relaxed) }

  deinit {
    assert(isClosed, "a loop was let go before it was closed")
    unsafe readBuffer.deallocate()
  }

  /// Nanoseconds of CLOCK_MONOTONIC: the same clock in every process of a machine.
  public static var monotonicNanoseconds: UInt64 { uv_hrtime() }

  @inline(__always)
  func assertOwnThread() {
    assert(
      {
        var mine = uv_thread_self()
        var owner = thread
        return unsafe uv_thread_equal(&mine, &owner) != 0
      }(), "a loop was used on another thread than its own")
  }

  // MARK: Running

  /// Runs until `stop`, or until no handle keeps it alive.
  public func run() {
    assertOwnThread()
    unsafe _ = uv_run(raw, UV_RUN_DEFAULT)
  }

  /// One pass: waits for something to happen unless `waiting` is false.
  public func runPass(waiting: Bool = true) {
    assertOwnThread()
    unsafe _ = uv_run(raw, waiting ? UV_RUN_ONCE : UV_RUN_NOWAIT)
  }

  /// Makes `run` return at the end of this pass.
  public func stop() {
    assertOwnThread()
    unsafe uv_stop(raw)
  }

  /// Runs pass after pass until `fact` holds, for `limit` at most. True when it holds.
  public func run(limit: TimeSpan = .seconds(10), until fact: () -> Bool) -> Bool {
    assertOwnThread()
    if fact() { return true }
    var expired = false
    let guardian = Timer(self) { expired = true }
    guardian.start(after: limit)
    while !expired && !fact() { runPass() }
    guardian.close()
    return fact()
  }

  // MARK: Output

  /// A connection has output that waits for the end of the pass.
  @inline(__always) func markDirty(_ connection: Connection) { dirty.append(connection) }

  func markDirty(_ alarm: Alarm) { dirtyAlarms.append(alarm) }

  private func armAlarms() {
    guard !dirtyAlarms.isEmpty else { return }
    for alarm in dirtyAlarms { alarm.arm() }
    dirtyAlarms.removeAll(keepingCapacity: true)
  }

  private func flush() {
    guard !dirty.isEmpty else { return }
    swap(&dirty, &flushing)
    for connection in flushing { connection.flushAtPassEnd() }
    flushing.removeAll(keepingCapacity: true)
  }

  // MARK: Ending

  func adopted() { handles += 1 }
  func released() { handles -= 1 }

  /// Closes every handle, runs until they are gone, and gives the loop back. Traps when libuv says something is left:
  /// that is a mistake of ours. Output not yet sent is lost.
  public func close() {
    assertOwnThread()
    precondition(!isClosed, "a loop is closed once")
    dirty.removeAll()
    dirtyAlarms.removeAll()
    unsafe uv_walk(
      raw,
      { raw, _ in
        guard let handle = unsafe Handle.find(Handle.self, raw) else { return }
        handle.close()
      }, nil)
    while handles > 0 { unsafe _ = uv_run(raw, UV_RUN_DEFAULT) }
    ownHandles.removeAll()
    dirty.removeAll()
    let code = unsafe uv_loop_close(raw)
    precondition(code == 0, "uv_loop_close: \(UVError(code: code, operation: "close"))")
    unsafe raw.deallocate()
    isClosed = true
    openLoops.wrappingSubtract(1, ordering: .relaxed)
  }
}

@available(*, unavailable) extension Loop: Sendable {}
