// The inputs of a cluster's process once more, in virtual time and without sockets: the same router and participants, with the
// same instants, have to decide the same. What the recording does not hold (a clock, a socket, memory of the process) has then
// decided nothing.

public import Basics
internal import Foundation
internal import Gossip
internal import Participants
internal import Runs
internal import Scenarios
internal import UV

/// Why a recording cannot be played.
public struct InputReplayError: Error, CustomStringConvertible {
  public var description: String
}

/// A recording and what became of it.
public struct InputReplay: Sendable {
  /// Inputs played, frames among them, RPCs that the nodes sent.
  public private(set) var inputs = 0
  public private(set) var frames = 0
  public private(set) var transmissions: UInt64 = 0
  /// The last instant.
  public private(set) var end = Instant.zero
  /// The recording ends in the middle: its process was killed.
  public private(set) var isCut = true
  /// What was decided otherwise first; nil: nothing.
  public private(set) var difference: String?

  /// Recordings in a run's directory, in order of their process.
  public static func recordings(in folder: String) -> [String] {
    (0..<256).map { "\(folder)/\(InputLog.fileName($0))" }
      .filter { FileManager.default.fileExists(atPath: $0) }
  }

  /// Plays the recording at `path`, up to the first difference.
  ///
  /// - Throws: `InputReplayError` for a file that is no recording.
  public init(_ path: String) throws {
    guard let file = FileHandle(forReadingAtPath: path) else {
      throw InputReplayError(description: "\(path): cannot be read")
    }
    var records = Records(file)
    guard records.take(InputLog.head.count) == InputLog.head, let first = records.next(),
      let part = NodeAssignment(decoding: first)
    else { throw InputReplayError(description: "\(path): is no recording of this version") }
    let blueprint = try Blueprint(part.scenario, engine: .cluster).onSockets
    let placement = Placement(part.scenario, processes: part.processes)
    guard placement.processes == part.processes else {
      throw InputReplayError(description: "\(path): names other processes than its scenario")
    }
    let loop = try Loop()
    defer { loop.close() }
    let host = try NodeHost(
      blueprint, hosting: placement.processOf.map { $0 == part.process },
      guests: part.scenario.cluster.guests ?? 0, on: loop)
    host.replayInstant = .zero
    host.decisions = DecisionDigest()
    if placement.isSupervised { host.placement = placement }
    defer { host.end() }
    let ground = try part.scenario.faultGround()
    var faults: [UInt32: Fault] = [:]
    for fault in blueprint.faults { faults[fault.id] = fault }
    var before = "the beginning"
    while let record = records.next() {
      var reader = WireReader(record)
      guard let at = reader.number(8), let decided = reader.number(8), let input = NodeInput(&reader),
        input.fits(host)
      else { throw InputReplayError(description: "\(path): input \(inputs) cannot be read") }
      let now = Instant(nanoseconds: at)
      if host.decisions?.value != decided {
        difference = "after \(before) something else was decided"
        return
      }
      if input == .end {
        isCut = false
        return
      }
      host.replayInstant = now
      play(input, on: host, now, ground, &faults)
      // What was handed to links is not carried anywhere.
      host.imposed.discard { _ in true }
      inputs += 1
      end = now
      transmissions = host.decisions?.transmissions ?? 0
      before = "input \(inputs - 1), \(input.noun) at \(now.nanoseconds) ns,"
    }
  }

  private mutating func play(
    _ input: NodeInput, on host: NodeHost, _ now: Instant, _ ground: FaultGround,
    _ faults: inout [UInt32: Fault]
  ) {
    switch input {
    case .beginning(let slots): host.begin(now, links: slots)
    case .frame(let bytes, let slot):
      frames += 1
      host.enter()
      host.take(bytes.span, slot: slot, now)
      host.leave()
    case .link(let slot, let isUp): if isUp { host.linkUp(slot: slot) } else { host.linkDown(slot: slot) }
    case .wakeUp(let node, let timer): host.wake(node, timer, now)
    case .certificate(let task, let result): host.include(task, result, now)
    case .stake(let service, let weights): host.setStake(service, weights)
    case .news(let news): host.hear(news, now)
    case .announcement(let slot): host.announceAgain(slot, now)
    case .linkFree(let slot): host.linkFree(slot, now)
    case .fault(let id, let begins, let live):
      if let live = LiveFault(decoding: live) { faults[id] = live.resolve(id: id, on: ground) }
      guard let fault = faults[id] else { return }
      if begins { host.begin(fault, live: nil) } else { host.end(fault) }
    case .version(let guest, let version): host.participants.router.setVersion(guest, version)
    case .audit: host.audit()
    case .end: break
    }
  }

  /// Records of a file, read as they are wanted.
  private struct Records {
    private let file: FileHandle
    private var bytes: [UInt8] = []
    private var position = 0
    init(_ file: FileHandle) { self.file = file }

    /// The next `count` bytes; nil when there are not so many.
    mutating func take(_ count: Int) -> [UInt8]? {
      while bytes.count - position < count {
        if position > 1 << 20 {
          bytes.removeSubrange(..<position)
          position = 0
        }
        guard let more = try? file.read(upToCount: 1 << 20), !more.isEmpty else { return nil }
        bytes += more
      }
      defer { position += count }
      return Array(bytes[position..<position + count])
    }

    mutating func next() -> [UInt8]? {
      guard let length = take(4) else { return nil }
      var reader = WireReader(length)
      guard let count = reader.number(4), count <= 1 << 26 else { return nil }
      return take(Int(count))
    }
  }
}

extension NodeInput {
  /// Whether every index in it is one of the host's.
  fileprivate func fits(_ host: NodeHost) -> Bool {
    let wiring = host.transport.wiring
    func isOurs(_ slot: Int) -> Bool {
      slot < wiring.slots && host.transport.isHosted[Int(wiring.owners[slot])]
    }
    switch self {
    case .beginning(let slots): return !host.hasBegun && slots.allSatisfy(isOurs)
    case .frame(_, let slot): return host.hasBegun && isOurs(slot)
    case .link(let slot, _): return host.hasBegun && isOurs(slot)
    case .wakeUp(let node, let timer):
      return host.hasBegun && node.index < wiring.nodes && host.transport.isHosted[node.index]
        && (timer.kind != .announcement || timer.index < host.participants.schedule.tasks.count)
    case .certificate(let task, _), .news(.challenge(let task, _)), .news(.certificateUndone(let task)):
      return task.index < host.participants.schedule.tasks.count
    case .news(.lost(let bytes)):
      guard let one = Submission(decoding: bytes, host.blueprint.deployment.scheme) else { return false }
      return one.node.index < wiring.nodes && host.transport.isHosted[one.node.index]
    case .news(.accused(let node)): return node.index < wiring.nodes
    case .news(.certificate), .news(.stake): return false
    case .announcement(let slot), .linkFree(let slot): return host.hasBegun && isOurs(Int(slot))
    case .stake(let service, let weights):
      let services = host.blueprint.deployment.services
      return service.index < services.count && weights.count >= services[service.index].members.count
    case .version(let guest, _): return guest.index >= host.nodes && guest.index < wiring.nodes
    case .fault, .audit, .end: return true
    }
  }

  fileprivate var noun: String {
    switch self {
    case .beginning: "the beginning"
    case .frame(let bytes, let slot): "a frame of \(bytes.count) bytes on slot \(slot)"
    case .link(let slot, let isUp): "slot \(slot) \(isUp ? "up" : "down")"
    case .wakeUp(let node, let timer): "a wake-up (\(timer.rawValue)) of node \(node.rawValue)"
    case .certificate(let task, _): "the certificate of task \(task.rawValue)"
    case .stake(let service, _): "stake of service \(service.rawValue)"
    case .news: "news from the chain"
    case .announcement(let slot): "an announcement again on slot \(slot)"
    case .linkFree(let slot): "a free link on slot \(slot)"
    case .fault(let id, let begins, _): "fault \(id) \(begins ? "beginning" : "ending")"
    case .version: "a guest's version"
    case .audit: "an audit"
    case .end: "the end"
    }
  }
}
