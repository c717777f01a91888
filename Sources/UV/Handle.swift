// What all handles share: where their memory lies, and how they end.
//
// A handle's C structure is allocated on its own and never moves. Its `data` holds one retained reference to the Swift
// object; libuv's close callback holds the only release and frees the structure. So an open handle is alive whatever its
// owner forgets, and `deinit` never closes anything: an owner that wants a handle gone says `close`.

internal import CLibuv
internal import Glibc

/// A libuv handle. Not Sendable: it belongs to its loop's thread.
@safe public class Handle {
  enum Life { case open, closing, closed }

  public let loop: Loop
  /// The C structure, valid until the close callback ran.
  let raw: UnsafeMutablePointer<uv_handle_t>
  private(set) var life = Life.open

  /// Takes over an initialised C structure.
  init<Structure>(_ loop: Loop, adopting structure: UnsafeMutablePointer<Structure>) {
    self.loop = loop
    unsafe raw = UnsafeMutableRawPointer(structure).assumingMemoryBound(to: uv_handle_t.self)
    unsafe raw.pointee.data = Unmanaged.passRetained(self).toOpaque()
    loop.adopted()
  }

  deinit { assert(life == .closed, "a handle was let go before it was closed") }

  /// Whether it can still be used. False from `close` on.
  public final var isOpen: Bool { life == .open }

  /// Ends the handle. Its memory goes once the loop has run its close callback. Later calls do nothing.
  public final func close() {
    loop.assertOwnThread()
    guard life == .open else { return }
    life = .closing
    willClose()
    unsafe uv_close(raw) { unsafe Handle.closed($0) }
  }

  /// Whether the loop stays alive for this handle's sake. True for a new handle.
  public final var keepsLoopAlive: Bool {
    get { unsafe isOpen && uv_has_ref(raw) != 0 }
    set {
      guard isOpen else { return }
      if newValue { unsafe uv_ref(raw) } else { unsafe uv_unref(raw) }
    }
  }

  /// Called once, before the close is under way.
  func willClose() {}
  /// Called once, when the C structure is about to go; drops what keeps other objects alive.
  func didClose() {}

  private static func closed(_ raw: UnsafeMutablePointer<uv_handle_t>?) {
    guard let raw = unsafe raw, let data = unsafe raw.pointee.data else { return }
    let handle = unsafe Unmanaged<Handle>.fromOpaque(data).takeRetainedValue()
    handle.life = .closed
    handle.didClose()
    handle.loop.released()
    unsafe raw.deallocate()
  }

  /// The object behind a C handle, in a callback.
  @inline(__always)
  static func find<H: Handle, Structure>(_ type: H.Type, _ handle: UnsafeMutablePointer<Structure>?) -> H? {
    guard let handle = unsafe handle else { return nil }
    let raw = unsafe UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self)
    guard let data = unsafe raw.pointee.data else { return nil }
    let found = unsafe Unmanaged<Handle>.fromOpaque(data).takeUnretainedValue()
    return unsafe unsafeDowncast(found, to: type)
  }

  /// The C structure as its own type.
  @inline(__always)
  final func structure<Structure>(_ type: Structure.Type) -> UnsafeMutablePointer<Structure> {
    assert(life == .open)
    return unsafe UnsafeMutableRawPointer(raw).assumingMemoryBound(to: type)
  }
}

@available(*, unavailable) extension Handle: Sendable {}
