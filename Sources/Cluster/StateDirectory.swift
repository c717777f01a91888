// The directory of a background cluster: who runs it, its control socket, its log, its results. Another cluster may use
// another directory at the same time; a directory whose daemon is gone is recognised as stale, also after a reboot and
// when the process id was given to somebody else.

internal import Foundation
internal import Glibc

/// Why a directory cannot be used.
public enum StateDirectoryError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A cluster lives there.
  case live(path: String, process: Int32)
  /// No cluster lives there; `reason` says what is there instead.
  case notRunning(path: String, reason: String)
  /// Something else is there, or the system refused.
  case unusable(path: String, reason: String)

  public var description: String {
    switch self {
    case .live(let path, let process):
      "\(path): a cluster is running here (process \(process)); end it with: avsim cluster down --dir \(path)"
    case .notRunning(let path, let reason): "\(path): no cluster is running here (\(reason))"
    case .unusable(let path, let reason): "\(path): \(reason)"
    }
  }
}

/// A cluster's place in the file system.
public struct StateDirectory: Sendable {
  /// Who runs the cluster: enough to tell the daemon from a later process with its id.
  public struct Owner: Codable, Equatable, Sendable {
    public var process: Int32
    /// Clock ticks between boot and the process's start (proc(5), field 22).
    public var startTicks: UInt64
    public var boot: String
    public var scenario: String
    public var processes: Int
  }

  public enum Condition: Equatable, Sendable {
    case absent
    /// Empty, or nothing in it that a cluster wrote.
    case unused
    case live(Owner)
    /// The daemon is gone.
    case stale(Owner)
  }

  public let path: String

  public init(_ path: String) { self.path = path }

  public var controlSocket: String { path + "/control.sock" }
  public var log: String { path + "/cluster.log" }
  /// Where the run's results are written.
  public var run: String { path + "/run" }
  private var ownerFile: String { path + "/cluster.json" }

  /// What is there now.
  public var condition: Condition {
    var isDirectory: ObjCBool = false
    guard unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
      return .absent
    }
    guard isDirectory.boolValue, let data = FileManager.default.contents(atPath: ownerFile),
      let owner = try? JSONDecoder().decode(Owner.self, from: data)
    else { return .unused }
    let isAlive = owner.boot == Self.boot && Self.startTicks(of: owner.process) == owner.startTicks
    return isAlive ? .live(owner) : .stale(owner)
  }

  /// Makes the directory ready for a new cluster: creates it with mode 0700, or clears what a dead cluster left (its
  /// socket and its owner file; results and log stay).
  public func prepare() throws(StateDirectoryError) {
    switch condition {
    case .live(let owner): throw .live(path: path, process: owner.process)
    case .absent:
      do {
        try FileManager.default.createDirectory(
          atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      } catch { throw .unusable(path: path, reason: "cannot be created: \(error.localizedDescription)") }
    case .stale:
      unsafe _ = unlink(controlSocket)
      unsafe _ = unlink(ownerFile)
    case .unused:
      let entries = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? ["?"]
      if !entries.isEmpty {
        throw .unusable(path: path, reason: "is not empty and not a cluster's; name a new directory")
      }
    }
    var status = stat()
    guard unsafe stat(path, &status) == 0, status.st_uid == getuid() else {
      throw .unusable(path: path, reason: "belongs to another user")
    }
    guard unsafe chmod(path, 0o700) == 0 else {
      throw .unusable(path: path, reason: "its mode cannot be set to 0700")
    }
    if controlSocket.utf8.count > Self.socketPathMaximum {
      throw .unusable(
        path: path,
        reason:
          "the path is too long for a socket (\(controlSocket.utf8.count) bytes, at most \(Self.socketPathMaximum))"
      )
    }
  }

  /// Bytes of a unix socket's path.
  public static let socketPathMaximum = 107

  /// The daemon, called by itself, says that it lives here.
  public func claim(scenario: String, processes: Int) throws(StateDirectoryError) {
    let id = getpid()
    let owner = Owner(
      process: id, startTicks: Self.startTicks(of: id) ?? 0, boot: Self.boot, scenario: scenario,
      processes: processes)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
    guard let data = try? encoder.encode(owner) else { return }
    do { try data.write(to: URL(fileURLWithPath: ownerFile), options: .atomic) } catch {
      throw .unusable(path: path, reason: "cannot be written: \(error.localizedDescription)")
    }
  }

  /// The daemon that lives here.
  public func owner() throws(StateDirectoryError) -> Owner {
    switch condition {
    case .live(let owner): return owner
    case .absent: throw .notRunning(path: path, reason: "the directory does not exist")
    case .unused: throw .notRunning(path: path, reason: "no cluster.json")
    case .stale(let owner):
      throw .notRunning(
        path: path, reason: "its process \(owner.process) is gone; the directory can be used again or removed"
      )
    }
  }

  private static var boot: String {
    (FileManager.default.contents(atPath: "/proc/sys/kernel/random/boot_id").map {
      String(decoding: $0, as: UTF8.self)
    })?
    .trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
  }

  /// Nil when there is no such process, or it is a zombie.
  static func startTicks(of process: Int32) -> UInt64? {
    guard let data = FileManager.default.contents(atPath: "/proc/\(process)/stat") else { return nil }
    // The name in field 2 may hold anything, closing parentheses too: fields are counted from the last one.
    let text = String(decoding: data, as: UTF8.self)
    guard let end = text.lastIndex(of: ")") else { return nil }
    let fields = text[text.index(after: end)...].split(separator: " ")
    guard fields.count > 19, fields[0] != "Z", fields[0] != "X" else { return nil }
    return UInt64(fields[19])
  }
}
