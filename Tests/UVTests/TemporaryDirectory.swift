import Glibc

/// A directory of one test's own, gone with it.
final class TemporaryDirectory {
  let path: String
  init() throws {
    var template = Array("/tmp/avsim-XXXXXX".utf8CString)
    guard unsafe mkdtemp(&template) != nil else { throw CancellationError() }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
  deinit {
    if let directory = unsafe opendir(path) {
      while let entry = unsafe readdir(directory) {
        let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
          unsafe String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
        }
        if name != "." && name != ".." { unsafe _ = unlink(path + "/" + name) }
      }
      unsafe closedir(directory)
    }
    unsafe _ = rmdir(path)
  }
}
