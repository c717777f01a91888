// What came into the nodes of one process, in order, with the instant of each input, and a digest of all that the nodes had
// decided before it: enough to play it once more through the same participants in virtual time (`InputReplay`), and to see
// at the first input after it where they decide otherwise.
//
// A file: a line that names the form, then records, each with a length of four bytes. The first is the assignment of the
// process. A file that ends inside a record is one of a process that was killed.

internal import AVS
internal import Basics
internal import Foundation
internal import Gossip
internal import Participants
internal import Signatures

/// One input of the nodes.
enum NodeInput: Equatable {
  /// The run begins; these links stand.
  case beginning([Int])
  case frame([UInt8], slot: Int)
  case link(Int, isUp: Bool)
  case wakeUp(NodeID, WakeUp)
  case certificate(TaskID, Digest)
  case stake(ServiceID, [UInt128])
  /// Other news from the chain.
  case news(ChainNews)
  /// What the slot's node said of its subscriptions was lost; it says it again.
  case announcement(UInt32)
  /// The slot's link, whose queue holds something, is free.
  case linkFree(UInt32)
  /// What a guest speaks.
  case version(NodeID, ProtocolVersion)
  /// `live` says what it is, for one that is not in the scenario.
  case fault(UInt32, begins: Bool, [UInt8])
  case audit
  case end
}

/// A running digest of what nodes decided: RPCs and over which links, timers, facts, claims. In order; equal decisions in equal
/// order give equal digests.
struct DecisionDigest: Equatable {
  private(set) var value: UInt64 = 0
  /// Transmissions so far.
  private(set) var transmissions: UInt64 = 0
  private var frame: UInt64 = 0

  private mutating func add(_ word: UInt64) { value = mix(value ^ word) &+ word }

  mutating func note(frame bytes: [UInt8]) {
    frame = bytes.reduce(UInt64(bytes.count)) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
  }
  mutating func note(slot: UInt32) {
    transmissions += 1
    add(frame ^ UInt64(slot) << 32)
  }
  mutating func note(_ timer: TimerRequest) {
    add(UInt64(timer.node.rawValue) << 32 | UInt64(timer.timer.rawValue))
    add(timer.at.nanoseconds)
  }
  mutating func note(_ fact: Fact) {
    var bytes: [UInt8] = []
    fact.append(to: &bytes)
    add(bytes.reduce(1) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 })
  }
  mutating func note(_ submission: Submission, _ scheme: SignatureScheme) {
    add(submission.encoded(scheme).reduce(2) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 })
  }
}

/// Writes the inputs of one process.
final class InputLog {
  static let head = Array("avsim inputs 1\n".utf8)
  static func fileName(_ process: Int) -> String { "inputs-\(process).bin" }
  /// Bytes kept before they are written.
  private static let bufferBytes = 1 << 20

  private let file: FileHandle
  private let path: String
  private var buffer: [UInt8] = []
  /// The system took no more; what came since is missing.
  private(set) var hasFailed = false

  init(_ part: NodeAssignment, at path: String) throws {
    self.path = path
    guard FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600]),
      let file = FileHandle(forWritingAtPath: path)
    else { throw ClusterError.system("\(path): cannot be written") }
    self.file = file
    buffer = Self.head
    append(part.encoded)
  }

  private func append(_ record: [UInt8]) {
    buffer.append(number: UInt64(record.count), 4)
    buffer += record
    if buffer.count >= Self.bufferBytes { flush() }
  }

  func append(_ input: NodeInput, at now: Instant, _ decided: UInt64) {
    var record: [UInt8] = []
    record.append(number: now.nanoseconds, 8)
    record.append(number: decided, 8)
    input.append(to: &record)
    append(record)
  }

  private func flush() {
    guard !hasFailed else { return }
    do { try file.write(contentsOf: Data(buffer)) } catch { hasFailed = true }
    buffer.removeAll(keepingCapacity: true)
  }

  func close() {
    flush()
    try? file.close()
  }
}

extension NodeInput {
  private enum Kind: UInt8 {
    case beginning = 1, frame, up, down, wakeUp, news, announcement, linkFree, faultBegins, faultEnds, audit,
      end, version
  }

  func append(to bytes: inout [UInt8]) {
    switch self {
    case .beginning(let slots):
      bytes.append(Kind.beginning.rawValue)
      for slot in slots { bytes.append(number: UInt64(slot), 4) }
    case .frame(let frame, let slot):
      bytes.append(Kind.frame.rawValue)
      bytes.append(number: UInt64(slot), 4)
      bytes += frame
    case .link(let slot, let isUp):
      bytes.append(isUp ? Kind.up.rawValue : Kind.down.rawValue)
      bytes.append(number: UInt64(slot), 4)
    case .wakeUp(let node, let timer):
      bytes.append(Kind.wakeUp.rawValue)
      bytes.append(number: UInt64(node.rawValue), 4)
      bytes.append(number: UInt64(timer.rawValue), 4)
    case .certificate(let task, let result):
      NodeInput.news(.certificate(task, result)).append(to: &bytes)
    case .stake(let service, let weights): NodeInput.news(.stake(service, weights)).append(to: &bytes)
    case .news(let news):
      bytes.append(Kind.news.rawValue)
      bytes += news.encoded
    case .announcement(let slot):
      bytes.append(Kind.announcement.rawValue)
      bytes.append(number: UInt64(slot), 4)
    case .linkFree(let slot):
      bytes.append(Kind.linkFree.rawValue)
      bytes.append(number: UInt64(slot), 4)
    case .fault(let id, let begins, let live):
      bytes.append(begins ? Kind.faultBegins.rawValue : Kind.faultEnds.rawValue)
      bytes.append(number: UInt64(id), 4)
      bytes += live
    case .version(let guest, let version):
      bytes.append(Kind.version.rawValue)
      bytes.append(number: UInt64(guest.rawValue), 4)
      bytes.append(version.rawValue)
    case .audit: bytes.append(Kind.audit.rawValue)
    case .end: bytes.append(Kind.end.rawValue)
    }
  }

  /// Nil for bytes that are no input. Indices are not checked.
  init?(_ reader: inout WireReader) {
    guard let byte = reader.number(1), let kind = Kind(rawValue: UInt8(byte)) else { return nil }
    func four() -> UInt32? { reader.number(4).map { UInt32($0) } }
    switch kind {
    case .beginning:
      var slots: [Int] = []
      while let slot = four() { slots.append(Int(slot)) }
      self = .beginning(slots)
    case .frame:
      guard let slot = four(), let frame = reader.bytes(reader.remaining) else { return nil }
      self = .frame(frame, slot: Int(slot))
    case .up, .down:
      guard let slot = four() else { return nil }
      self = .link(Int(slot), isUp: kind == .up)
    case .wakeUp:
      guard let node = four(), let timer = four() else { return nil }
      self = .wakeUp(NodeID(node), WakeUp(rawValue: timer))
    case .announcement, .linkFree:
      guard let slot = four() else { return nil }
      self = kind == .announcement ? .announcement(slot) : .linkFree(slot)
    case .news:
      guard let rest = reader.bytes(reader.remaining), let news = ChainNews(decoding: rest) else {
        return nil
      }
      switch news {
      case .certificate(let task, let result): self = .certificate(task, result)
      case .stake(let service, let weights): self = .stake(service, weights)
      case .challenge, .certificateUndone, .lost, .accused: self = .news(news)
      }
    case .faultBegins, .faultEnds:
      guard let id = four(), let live = reader.bytes(reader.remaining) else { return nil }
      self = .fault(id, begins: kind == .faultBegins, live)
    case .version:
      guard let guest = four(), let raw = reader.number(1),
        let version = ProtocolVersion(rawValue: UInt8(raw))
      else { return nil }
      self = .version(NodeID(guest), version)
    case .audit: self = .audit
    case .end: self = .end
    }
    guard reader.isAtEnd else { return nil }
  }
}
