// The one door between threads: another thread may ring, nothing else.

internal import CLibuv
internal import Synchronization

/// Calls back on the loop's thread after a `Waker` was rung; several rings may come as one call.
@safe public final class Async: Handle {
  private var fire: (() -> Void)?
  /// What other threads hold.
  public let waker: Waker

  public init(_ loop: Loop, _ fire: @escaping () -> Void) throws(UVError) {
    self.fire = fire
    let async = UnsafeMutablePointer<uv_async_t>.allocate(capacity: 1)
    let code = unsafe uv_async_init(loop.raw, async) { unsafe Handle.find(Async.self, $0)?.fire?() }
    guard code == 0 else {
      unsafe async.deallocate()
      unsafe waker = Waker(nil)
      throw UVError(code: code, operation: "async")
    }
    waker = unsafe Waker(async)
    unsafe super.init(loop, adopting: async)
  }

  override func willClose() { waker.disarm() }
  override func didClose() { fire = nil }

  /// Rings the loop from any thread; does nothing once the handle is closing.
  public final class Waker: Sendable {
    /// The address of the handle; zero once it is closing.
    private let address: Mutex<UInt>

    init(_ handle: UnsafeMutablePointer<uv_async_t>?) { address = Mutex(UInt(bitPattern: handle)) }

    public func wake() {
      address.withLock { address in
        if let handle = unsafe UnsafeMutablePointer<uv_async_t>(bitPattern: address) {
          unsafe uv_async_send(handle)
        }
      }
    }

    func disarm() { address.withLock { $0 = 0 } }
  }
}
