// Counters that several processes of one machine count in: a mapped file, one atomic word each.

internal import CLibuv
internal import Glibc

/// 32-bit counters in a file that processes map together.
@safe public final class SharedCounters {
  private let base: UnsafeMutablePointer<UInt32>
  public let count: Int

  /// Maps `count` counters of the file at `path`; with `create`, makes the file, all zero.
  public init(path: String, count: Int, create: Bool) throws(UVError) {
    let bytes = max(count, 1) * 4
    let descriptor = unsafe open(
      path, create ? O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC : O_RDWR | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw UVError(code: -errno, operation: "open \(path)") }
    defer { _ = Glibc.close(descriptor) }
    if create, ftruncate(descriptor, off_t(bytes)) != 0 {
      throw UVError(code: -errno, operation: "size \(path)")
    }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0, status.st_size >= off_t(bytes) else {
      throw UVError(code: UV_EINVAL.rawValue, operation: "size \(path)")
    }
    guard let mapped = unsafe uvs_map_shared(descriptor, bytes) else {
      throw UVError(code: -errno, operation: "map \(path)")
    }
    unsafe base = mapped.bindMemory(to: UInt32.self, capacity: count)
    self.count = count
  }

  deinit { unsafe _ = munmap(base, max(count, 1) * 4) }

  /// Adds `n` and returns the new value.
  @discardableResult public func add(_ n: UInt32, to index: Int) -> UInt32 {
    precondition(index >= 0 && index < count)
    return unsafe uvs_add32(base + index, n)
  }

  /// Adds one and returns the new value.
  public func increment(_ index: Int) -> UInt32 {
    precondition(index >= 0 && index < count)
    return unsafe uvs_add32(base + index, 1)
  }

  public func load(_ index: Int) -> UInt32 {
    precondition(index >= 0 && index < count)
    return unsafe uvs_load32(base + index)
  }
}
