// Child processes.

internal import CLibuv
internal import Glibc

/// A running child. Closed by itself once it has ended and `exited` was told.
@safe public final class Process: Handle {
  /// What a child finds at a descriptor number.
  public enum Stream: Sendable {
    case none
    /// The same file as our own descriptor of this number.
    case inherit(Int32)
  }

  /// How it ended: a code, or the signal that ended it.
  public enum Exit: Equatable, Sendable {
    case code(Int64)
    case signal(Int32)
  }

  private var exited: ((Exit) -> Void)?
  public private(set) var id: Int32 = 0

  private init(
    _ loop: Loop, _ structure: UnsafeMutablePointer<uv_process_t>, _ exited: @escaping (Exit) -> Void
  ) {
    self.exited = exited
    unsafe super.init(loop, adopting: structure)
  }

  /// Starts `executable` with `arguments` (the name not among them). `detached` gives it a session of its own, so that
  /// it outlives us and our terminal's signals.
  public static func spawn(
    _ loop: Loop, _ executable: String, _ arguments: [String],
    streams: [Stream] = [.none, .inherit(1), .inherit(2)],
    directory: String? = nil, detached: Bool = false, exited: @escaping (Exit) -> Void
  ) throws(UVError) -> Process {
    loop.assertOwnThread()
    let raw = UnsafeMutablePointer<uv_process_t>.allocate(capacity: 1)
    unsafe raw.initialize(to: uv_process_t())
    var words: [UnsafeMutablePointer<CChar>?] = unsafe ([executable] + arguments).map { unsafe strdup($0) }
    unsafe words.append(nil)
    let cwd = unsafe directory.flatMap { unsafe strdup($0) }
    defer {
      for index in unsafe words.indices { unsafe free(words[index]) }
      unsafe free(cwd)
    }
    var containers = unsafe streams.map { stream in
      var container = unsafe uv_stdio_container_t()
      switch stream {
      case .none: unsafe uvs_stdio_ignore(&container)
      case .inherit(let number): unsafe uvs_stdio_inherit(&container, number)
      }
      return unsafe container
    }
    let code = unsafe words.withUnsafeMutableBufferPointer { words in
      unsafe containers.withUnsafeMutableBufferPointer { containers in
        var options = unsafe uv_process_options_t()
        unsafe options.file = UnsafePointer(words[0])
        unsafe options.args = words.baseAddress
        unsafe options.cwd = UnsafePointer(cwd)
        unsafe options.stdio = containers.baseAddress
        unsafe options.stdio_count = Int32(containers.count)
        unsafe options.flags = detached ? UInt32(UV_PROCESS_DETACHED.rawValue) : 0
        unsafe options.exit_cb = { handle, status, signal in
          guard let process = unsafe Handle.find(Process.self, handle) else { return }
          let told = process.exited
          process.close()
          told?(signal != 0 ? .signal(signal) : .code(status))
        }
        return unsafe uv_spawn(loop.raw, raw, &options)
      }
    }
    // libuv has linked the handle into the loop even when the start failed: it is closed like any other.
    let process = unsafe Process(loop, raw, exited)
    guard code == 0 else {
      process.close()
      throw UVError(code: code, operation: "start \(executable)")
    }
    process.id = unsafe raw.pointee.pid
    return process
  }

  /// Sends a signal; nothing when the child has ended.
  public func kill(_ signal: Int32) {
    loop.assertOwnThread()
    guard isOpen else { return }
    unsafe _ = uv_process_kill(structure(uv_process_t.self), signal)
  }

  override func didClose() { exited = nil }

  /// The file that this process runs.
  public static var ownExecutable: String {
    var buffer = [CChar](repeating: 0, count: 4_096)
    var size = buffer.count
    let code = unsafe uv_exepath(&buffer, &size)
    guard code == 0 else { return CommandLine.arguments.first ?? "" }
    return String(decoding: buffer[..<size].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// User and system time of this process and of its children that have ended.
  public static var cpuSeconds: Double {
    func seconds(_ who: __rusage_who_t) -> Double {
      var usage = rusage()
      guard unsafe getrusage(who, &usage) == 0 else { return 0 }
      let whole = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
      return Double(whole) + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
    }
    return seconds(__rusage_who_t(RUSAGE_SELF.rawValue)) + seconds(__rusage_who_t(RUSAGE_CHILDREN.rawValue))
  }

  /// The id of this process.
  public static var ownID: Int32 { uv_os_getpid() }
}
