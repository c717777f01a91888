// One run on sockets: the chain and the record in this process, the nodes here too or in processes of their own. The
// counterpart of the simulator's `Simulation`, with the same shape: traffic until its end, then the chain alone, then the
// conclusion. What commands ask of it is in ClusterRun+Requests.

public import Basics
internal import Foundation
internal import Participants
public import Runs
public import Scenarios
internal import Signatures
public import UV

/// Why a cluster could not go on.
public enum ClusterError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Directed links that stand after the time allowed.
  case notConnected(links: Int, of: Int, seconds: Double)
  case system(String)

  public var description: String {
    switch self {
    case .notConnected(let links, let all, let seconds):
      "only \(links / 2) of \(all / 2) links stand after \(seconds) s"
    case .system(let reason): reason
    }
  }
}

/// How a cluster is run, beyond what its scenario says.
public struct ClusterOptions: Sendable {
  /// Processes that host the nodes; 1: this one does.
  public var processes = 1
  /// The program that a process of its own runs.
  public var executable: String
  /// Where commands and processes find this one; nil: nowhere, or in a private directory when there are processes.
  public var controlSocket: String?
  /// Time for every link to stand.
  public var connectLimit = TimeSpan.seconds(120)
  /// A folder for what came into the nodes and what they decided (`InputReplay`); nil: it is not kept.
  public var recording: String?

  public init(executable: String = UV.Process.ownExecutable) { self.executable = executable }
}

/// A run of a blueprint over loopback sockets.
///
/// Protocol of use: `connect`, then `run(until:)` as often as wanted, `settle` unless interrupted, `conclude`, `close`.
public final class ClusterRun: EngineRun {
  public let blueprint: Blueprint
  let scenario: Scenario
  let options: ClusterOptions
  let chain: ChainHost
  let nodes: any NodePopulation
  let loop: Loop
  /// What the person who runs it should know, as it comes up.
  public var noticed: ((String) -> Void)?
  /// Somebody asked for the run's end.
  public internal(set) var isEndRequested = false
  /// Channels that wait for the run to be ready, and for its end.
  var untilReady: [ControlChannel] = []
  var untilEnd: [ControlChannel] = []
  var isReady = false

  var server: ControlServer?
  /// Processes that host nodes.
  let processes: Int
  /// When the command came that is being carried out; nil: none is.
  var commandAt: UInt64? { didSet { (nodes as? ProcessGroup)?.commandAt = commandAt } }
  /// What live faults are drawn against; made once.
  lazy var ground = Result { try scenario.faultGround() }
  var toldRefusals: [String: UInt64] = [:]
  private var privateDirectory: String?
  private var endedAt: Instant?

  /// The run of `scenario`, whose blueprint is `blueprint`.
  ///
  /// - Throws: `SchemeUnavailable`, `CoordinatorConfigurationError`, `UVError`, `ClusterError`.
  public convenience init(_ scenario: Scenario, _ blueprint: Blueprint, _ options: ClusterOptions) throws {
    let loop = try Loop()
    do { try self.init(scenario, blueprint, options, on: loop) } catch {
      loop.close()
      throw error
    }
  }

  private init(_ scenario: Scenario, _ blueprint: Blueprint, _ options: ClusterOptions, on loop: Loop) throws
  {
    if blueprint.observesScores, options.processes > 1 {
      throw ClusterError.system(
        "observe.scores: nodes in processes of their own do not tell their peers' scores; run in one process, or remove it"
      )
    }
    self.blueprint = blueprint.onSockets
    self.scenario = scenario
    self.options = options
    self.loop = loop
    let count = blueprint.deployment.nodes.count
    let placement = Placement(scenario, processes: options.processes)
    let hasChildren = placement.isSupervised
    processes = placement.processes
    var socket = options.controlSocket
    if hasChildren && socket == nil {
      let directory = FileManager.default.temporaryDirectory.path + "/avsim-\(UUID().uuidString)"
      try FileManager.default.createDirectory(
        atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      privateDirectory = directory
      socket = directory + "/control.sock"
    }
    if hasChildren, let socket {
      let group = ProcessGroup(
        self.blueprint, scenario, placement, options, socket: socket, on: loop)
      nodes = group
      // Hosts nobody: it checks signatures for the contracts.
      let judge = try Participants(
        self.blueprint.deployment, hosting: Array(repeating: false, count: count))
      chain = try ChainHost(
        self.blueprint, verifier: judge.verifier, lifetime: judge.messageLifetime, nodes: group, on: loop)
      group.audience = self
    } else {
      let host = try NodeHost(
        self.blueprint, hosting: Array(repeating: true, count: count), placement.addresses,
        guests: scenario.cluster.guests ?? 0, on: loop)
      if let folder = options.recording {
        try host.record(
          NodeAssignment(scenario: scenario, process: 0, processes: 1), into: folder)
      }
      nodes = host
      chain = try ChainHost(
        self.blueprint, verifier: host.participants.verifier, lifetime: host.participants.messageLifetime,
        nodes: host, on: loop)
      host.audience = self
    }
    chain.sampled = { [weak self] in self?.tellRefusals() }
    if let socket {
      server = try ControlServer(loop, path: socket) { [weak self] channel, process in
        self?.take(channel, from: process)
      }
    }
  }

  /// Opens every socket, shakes every hand, and sets instant zero.
  ///
  /// - Throws: `ClusterError`, `UVError`.
  public func connect() throws {
    try nodes.connect(limit: options.connectLimit)
    let epoch = Loop.monotonicNanoseconds + nodes.beginsAfter.nanoseconds
    nodes.begin(at: epoch)
    chain.begin(at: epoch)
    isReady = true
    for channel in untilReady { channel.send(.response(ClusterResponse("").encoded)) }
    untilReady = []
  }

  /// The present instant of the traffic.
  public var now: Instant { endedAt ?? min(chain.now, blueprint.trafficEnd) }

  /// Lets traffic go on until `limit`, in real time, or until somebody asks for its end; nothing happens at or after
  /// `blueprint.trafficEnd`.
  public func run(until limit: Instant) {
    let end = min(limit, blueprint.trafficEnd)
    while now < end, !isEndRequested { _ = loop.run(limit: end - now) { now >= end || isEndRequested } }
    if now >= blueprint.trafficEnd { endTraffic() }
  }

  /// Ends the traffic, before its time if need be.
  public func endTraffic() {
    guard endedAt == nil else { return }
    let now = now
    endedAt = now
    chain.end()
    nodes.end()
    chain.takeSample(now)
    let refused = nodes.refusedFrames
    if refused > 0 { notice("\(refused) frames cost a peer its connection") }
  }

  /// Lets the chain go on, event by event, until nothing is left to decide or `settle` is over.
  public func settle() -> Instant {
    endTraffic()
    return chain.settle(from: now)
  }

  /// Rows that became final since the last call.
  public func takeRows() -> FreshRows { chain.takeRows() }
  public var firstBreach: Breach? { chain.firstBreach }

  /// What the run amounts to, as of now.
  public func conclude(_ settledAt: Instant) -> Conclusion {
    endTraffic()
    return chain.conclude(nodes.totals, at: now, settledAt: settledAt)
  }

  /// Tells those who wait for the end how it went. Call it when the results are written.
  public func answerWaiters(_ response: ClusterResponse) {
    for channel in untilReady + untilEnd { channel.send(.response(response.encoded)) }
    let waiting = untilReady + untilEnd
    untilReady = []
    untilEnd = []
    _ = loop.run(limit: .seconds(2)) { waiting.allSatisfy { !$0.isOpen || $0.pendingBytes == 0 } }
  }

  /// Gives every socket and process back. libuv confirms that nothing is left.
  public func close() {
    chain.end()
    nodes.close()
    server?.close()
    server = nil
    loop.close()
    if let privateDirectory { try? FileManager.default.removeItem(atPath: privateDirectory) }
  }
}

extension ClusterRun: NodeAudience {
  func happened(_ fact: Fact) { chain.note(fact) }
  func submitted(_ submission: Submission) { chain.submit(submission) }
  func everyLinkStands() {}
  func moved(_ node: NodeID, port: UInt16) {}
  func notice(_ text: String) { noticed?(text) }
}

extension Blueprint {
  /// The blueprint with nothing charged twice: signatures that are computed take their own time.
  var onSockets: Blueprint {
    var copy = self
    copy.engine = "cluster"
    if deployment.mode == .real { copy.deployment.costs = SignatureCosts(sign: .zero, verify: .zero) }
    return copy
  }
}
