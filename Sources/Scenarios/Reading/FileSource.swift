// Where files come from: the file system for users, memory for tests. Sizes are checked before a byte is read.

import Foundation

/// Reads whole files with a bound on their size.
public protocol FileSource: Sendable {
  /// The bytes of the file at `path`. Throws when it is missing, unreadable, or larger than `limit` bytes.
  func read(_ path: String, limit: Int) throws(FileError) -> [UInt8]
}

/// The machine's file system.
public struct DiskFiles: FileSource {
  public init() {}

  public func read(_ path: String, limit: Int) throws(FileError) -> [UInt8] {
    let handle: FileHandle
    do {
      handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
    } catch let error as CocoaError where error.code == .fileReadNoSuchFile || error.code == .fileNoSuchFile {
      throw .missing(path)
    } catch {
      throw .unreadable(path, "cannot be opened")
    }
    defer { try? handle.close() }
    do {
      // A sparse or endless file tells its size before, or runs into the bound while, it is read.
      let attributes = (try? FileManager.default.attributesOfItem(atPath: path)) ?? [:]
      if attributes[.type] as? FileAttributeType == .typeDirectory {
        throw FileError.unreadable(path, "is a directory")
      }
      let size = attributes[.size] as? Int ?? 0
      if size > limit { throw FileError.content([tooLarge(path, size, limit)]) }
      var bytes: [UInt8] = []
      bytes.reserveCapacity(size + 1)
      while let chunk = try handle.read(upToCount: 1 << 20), !chunk.isEmpty {
        bytes.append(contentsOf: chunk)
        if bytes.count > limit { throw FileError.content([tooLarge(path, bytes.count, limit)]) }
      }
      return bytes
    } catch let error as FileError {
      throw error
    } catch {
      throw .unreadable(path, "cannot be read")
    }
  }

  private func tooLarge(_ path: String, _ size: Int, _ limit: Int) -> Mistake {
    Mistake(
      file: path, line: 0, column: 0, key: "",
      text: "is too large: \(size) bytes or more; at most \(ByteCount(UInt64(limit))) are read")
  }
}

/// Files in memory, by path.
public struct MemoryFiles: FileSource {
  public var files: [String: [UInt8]]
  public init(_ files: [String: [UInt8]]) { self.files = files }

  public func read(_ path: String, limit: Int) throws(FileError) -> [UInt8] {
    guard let bytes = files[path] else { throw .missing(path) }
    guard bytes.count <= limit else {
      throw .content([Mistake(file: path, line: 0, column: 0, key: "", text: "is too large")])
    }
    return bytes
  }
}

/// `path` as seen from `directory`, when it is relative.
func resolve(_ path: String, from directory: String) -> String {
  path.hasPrefix("/") || directory.isEmpty || directory == "." ? path : directory + "/" + path
}

/// The directory part of a path; empty for a bare name.
func directoryPart(_ path: String) -> String {
  guard let slash = path.lastIndex(of: "/") else { return "" }
  return slash == path.startIndex ? "/" : String(path[..<slash])
}
