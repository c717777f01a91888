// The parent of a cluster's processes: starts them, brings them to the point where every link stands, starts the run at
// one instant, and sees who dies. What runs in them is not its business.
//
// The way of a process: started, said hello, got its assignment, listens, dials, is connected, runs, has finished. A
// process that comes back in the middle of a run joins it as soon as it listens; its links come up one by one.

internal import Basics
public import UV

/// What a supervisor tells its owner.
public protocol SupervisorOwner: AnyObject {
  /// What process k has to do, as the body of its assignment.
  func assignment(of process: Int) -> [UInt8]
  /// Whether process k runs by another clock than ours.
  func isElsewhere(_ process: Int) -> Bool
  /// Every process has every link for the first time: the run can be started.
  func everyProcessIsConnected()
  /// Facts, submissions, statistics, `finished` and `failed`.
  func received(_ message: ControlMessage, from process: Int)
  /// The process is gone. Whether it had finished before.
  func ended(process: Int, _ exit: Process.Exit, hadFinished: Bool)
  /// A process that came back has been told to run.
  func rejoined(process: Int)
}

extension SupervisorOwner {
  public func isElsewhere(_ process: Int) -> Bool { false }
}

/// Child processes and their control channels.
public final class Supervisor {
  /// How far a process has come.
  public enum Stage: Int, Comparable, Sendable {
    case started, greeted, listening, dialing, connected, running, finished, ended
    public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
  }

  private struct Member {
    var process: Process?
    var channel: ControlChannel?
    var stage = Stage.ended
    var clock = ClockComparison()
  }

  public let loop: Loop
  private unowned let owner: any SupervisorOwner
  private let command: (Int) -> (executable: String, arguments: [String])
  private var members: [Member]
  /// Where nodes listen, by id, as their processes said last.
  private(set) var ports: [UInt16]
  private var epoch: UInt64?
  private var hasBeenConnected = false
  /// Messages that broke the protocol, or channels of processes that are not ours.
  public private(set) var refused: UInt64 = 0
  /// Messages that a process was too slow to take.
  public private(set) var undelivered: UInt64 = 0

  /// For `processes` processes that host `nodes` nodes together; `command` starts process k.
  public init(
    _ loop: Loop, processes: Int, nodes: Int, owner: any SupervisorOwner,
    command: @escaping (Int) -> (executable: String, arguments: [String])
  ) {
    self.loop = loop
    self.owner = owner
    self.command = command
    members = Array(repeating: Member(), count: processes)
    ports = Array(repeating: 0, count: nodes)
  }

  public var stages: [Stage] { members.map(\.stage) }
  public var processIDs: [Int32] { members.map { $0.process?.id ?? 0 } }

  /// Starts all processes.
  public func start() throws(UVError) { for k in members.indices { try start(process: k) } }

  /// Starts process k, for the first time or again.
  public func start(process k: Int) throws(UVError) {
    precondition(members[k].stage == .ended, "process \(k) is alive")
    let (executable, arguments) = command(k)
    let process = try Process.spawn(loop, executable, arguments) { [weak self] exit in self?.ended(k, exit) }
    members[k].process = process
    members[k].stage = .started
  }

  /// Takes a channel when the process at its other end is one of ours; false when it is not.
  public func adopt(_ channel: ControlChannel, from id: Int32) -> Bool {
    guard let k = members.firstIndex(where: { $0.process?.id == id && $0.channel == nil }) else {
      return false
    }
    members[k].channel = channel
    channel.received = { [weak self] message in self?.received(message, k) }
    channel.ended = { [weak self] end in self?.channelEnded(k, end) }
    return true
  }

  // MARK: Talking

  public func send(_ message: ControlMessage, to process: Int) {
    guard let channel = members[process].channel, channel.isOpen else { return }
    if !channel.send(message) { undelivered += 1 }
  }

  public func broadcast(_ message: ControlMessage) { for k in members.indices { send(message, to: k) } }

  /// Every connected process starts at `instant` of the monotonic clock.
  public func run(from instant: UInt64) {
    epoch = instant
    for k in members.indices where members[k].stage == .connected { run(k) }
  }

  private func run(_ k: Int) {
    guard let epoch else { return }
    send(.start(at: members[k].clock.theirs(epoch)), to: k)
    members[k].stage = .running
  }

  /// Sends a real signal to a process, if it lives.
  public func signal(_ number: Int32, process: Int) { members[process].process?.kill(number) }

  /// An instant of a process's clock by ours.
  func ours(_ instant: UInt64, of process: Int) -> UInt64 { members[process].clock.ours(instant) }

  // MARK: What happens

  private func received(_ message: ControlMessage, _ k: Int) {
    switch (message, members[k].stage) {
    case (.hello(let process, ControlMessage.version), .started) where process == k:
      members[k].stage = .greeted
      members[k].clock = ClockComparison()
      if owner.isElsewhere(k) {
        send(.clock(asked: Loop.monotonicNanoseconds), to: k)
      } else {
        send(.assignment(owner.assignment(of: k)), to: k)
      }
    case (.clockAnswer(let asked, let own), .greeted):
      guard members[k].clock.note(asked: asked, own: own, now: Loop.monotonicNanoseconds) else {
        refused += 1
        return
      }
      if members[k].clock.isOver {
        send(.assignment(owner.assignment(of: k)), to: k)
      } else {
        send(.clock(asked: Loop.monotonicNanoseconds), to: k)
      }
    case (.listening(let found), .greeted) where found.allSatisfy { $0.node.index < ports.count }:
      for port in found { ports[port.node.index] = port.port }
      members[k].stage = .listening
      if hasBeenConnected {
        for other in members.indices where other != k { send(.moved(found), to: other) }
        dial(k)
        rejoin(k)
      } else if members.allSatisfy({ $0.stage == .listening }) {
        for other in members.indices { dial(other) }
      }
    case (.connected, .dialing):
      members[k].stage = .connected
      if hasBeenConnected {
        rejoin(k)
      } else if members.allSatisfy({ $0.stage == .connected }) {
        hasBeenConnected = true
        owner.everyProcessIsConnected()
      }
    case (.connected, .running): break
    case (.listening(let found), .running) where found.allSatisfy { $0.node.index < ports.count }:
      for port in found { ports[port.node.index] = port.port }
      for other in members.indices where other != k { send(.moved(found), to: other) }
    case (.finished, .running):
      members[k].stage = .finished
      owner.received(message, from: k)
    case (.facts, .running), (.submission, .running), (.statistics, .running),
      (.struck, .running), (.failed, _):
      owner.received(message, from: k)
    default:
      refused += 1
    }
  }

  private func dial(_ k: Int) {
    members[k].stage = .dialing
    send(.peers(ports), to: k)
  }

  /// Once the run has begun nobody waits for links: peers may be down.
  private func rejoin(_ k: Int) {
    guard epoch != nil else { return }
    run(k)
    owner.rejoined(process: k)
  }

  private func channelEnded(_ k: Int, _ end: ControlChannel.End) {
    members[k].channel = nil
    // A process without a channel is of no use; its end is told when it has ended.
    if end != .closed { refused += 1 }
    if members[k].stage != .finished { members[k].process?.kill(Signal.kill) }
  }

  private func ended(_ k: Int, _ exit: Process.Exit) {
    let hadFinished = members[k].stage == .finished
    members[k].process = nil
    members[k].channel?.close()
    members[k].channel = nil
    members[k].stage = .ended
    owner.ended(process: k, exit, hadFinished: hadFinished)
  }

  /// Whether no process is left.
  public var isEmpty: Bool { members.allSatisfy { $0.stage == .ended } }

  /// Ends the processes that have not come as far as the run.
  public func killLatecomers() {
    for member in members where member.stage < .running { member.process?.kill(Signal.kill) }
  }

  /// Ends every process at once.
  public func killAll() { for member in members { member.process?.kill(Signal.kill) } }
}
