// A child's side of what `Supervisor` does.

internal import UV

/// What a child process is told.
protocol ProcessOwner: AnyObject {
  /// Build what the assignment says, and open the listeners. Returns where the hosted nodes listen.
  func assigned(_ body: [UInt8]) throws -> [ControlMessage.NodePort]
  /// Dial the peers. When every link stands, say so with `ProcessEnd.isConnected`.
  func connect(to ports: [UInt16])
  /// The run's instant zero, on the monotonic clock.
  func start(at epoch: UInt64)
  /// Moves, tasks, the chain's changes, faults, heals and `stop`.
  func received(_ message: ControlMessage)
  /// The parent is gone: end at once.
  func parentIsGone()
}

/// The control channel of a child process.
final class ProcessEnd {
  private let channel: ControlChannel
  private unowned let owner: any ProcessOwner
  private let process: UInt32

  /// Dials the parent's socket as process `process`.
  init(_ loop: Loop, parentAt path: String, process: Int, owner: any ProcessOwner) throws(UVError) {
    self.owner = owner
    self.process = UInt32(process)
    channel = try ControlChannel(loop, dialing: path)
    channel.received = { [weak self] in self?.received($0) }
    channel.ended = { [weak self] _ in self?.owner.parentIsGone() }
    channel.send(.hello(process: self.process, version: ControlMessage.version))
  }

  /// Every link of the hosted nodes stands.
  func isConnected() { send(.connected) }

  /// False when the parent is too slow by more than the channel's bound: then this process cannot keep its promises.
  @discardableResult func send(_ message: ControlMessage) -> Bool { channel.send(message) }

  /// Bytes that the parent has not taken yet.
  var pendingBytes: Int { channel.pendingBytes }

  private func received(_ message: ControlMessage) {
    switch message {
    case .assignment(let body):
      do { send(.listening(try owner.assigned(body))) } catch { send(.failed("\(error)")) }
    case .peers(let ports): owner.connect(to: ports)
    case .clock(let asked): send(.clockAnswer(asked: asked, own: Loop.monotonicNanoseconds))
    case .start(let epoch): owner.start(at: epoch)
    default: owner.received(message)
    }
  }

  func close() { channel.close() }
}
