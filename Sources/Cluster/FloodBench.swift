// `avsim bench cluster`: how many link messages a second the cluster's transport carries. It floods a known workload
// over the very sockets, sessions and output buffers that a cluster uses, in a closed loop: message m is published once
// every message up to m - window has been delivered everywhere. No latency is imposed.
//
// With two or more processes, each hosts a range of the nodes; what they count lies in a shared file.

public import Basics
internal import Libp2p
public import UV

/// What a bench run is asked for.
public struct FloodBenchOptions: Sendable {
  public var nodes = 50
  public var degree = 8
  public var messages = 8_000
  public var window = 64
  /// Bytes of a frame's payload; at least 4, for the message's number.
  public var size = 256
  public var processes = 1
  /// The run fails after this time without an end.
  public var limit = TimeSpan.seconds(60)
  public init() {}

  /// What is wrong with it, in words; nil when it can run.
  public var mistake: String? {
    if degree < 2 || degree % 2 != 0 { return "--degree \(degree): must be even and at least 2" }
    if nodes <= 2 * degree { return "--nodes \(nodes): must be more than twice the degree (\(2 * degree))" }
    if nodes > 10_000 { return "--nodes \(nodes): at most 10000" }
    if messages < 1 || messages > 10_000_000 { return "--messages \(messages): must be 1 to 10000000" }
    if window < 1 { return "--window \(window): must be at least 1" }
    if size < 4 || size > 1 << 20 { return "--size \(size): must be 4 to 1048576 bytes" }
    if processes < 1 || processes > nodes {
      return "--processes \(processes): must be 1 to the number of nodes"
    }
    return nil
  }
}

/// What came out.
public struct FloodBenchResult: Sendable {
  public var options: FloodBenchOptions
  public var events: UInt64
  public var expectedEvents: UInt64
  public var first: UInt64
  public var expectedFirst: UInt64
  /// Wall time from the first publication to the last delivery.
  public var runSeconds: Double
  /// User and system time of all processes, set-up included.
  public var cpuSeconds: Double
  public var writeCalls: UInt64

  /// Whether every message was delivered exactly as often as the workload says.
  public var isExact: Bool { events == expectedEvents && first == expectedFirst }

  /// One line of key=value.
  public var line: String {
    func decimal(_ value: Double, _ digits: Int) -> String {
      let unit = (0..<digits).reduce(1) { power, _ in power * 10 }
      let whole = UInt64(value * Double(unit) + 0.5)
      let rest = String(whole % UInt64(unit))
      return digits == 0
        ? "\(whole)" : "\(whole / UInt64(unit))." + String(repeating: "0", count: digits - rest.count) + rest
    }
    let rate = runSeconds > 0 ? Double(events) / runSeconds : 0
    return [
      "tool=avsim mode=cluster procs=\(options.processes) win=\(options.window) N=\(options.nodes)",
      "D=\(options.degree) M=\(options.messages) size=\(options.size) events=\(events) expected=\(expectedEvents)",
      "first=\(first) run_s=\(decimal(runSeconds, 3)) proc_cpu_s=\(decimal(cpuSeconds, 3))",
      "msgs_per_s=\(decimal(rate, 0)) MB_per_s=\(decimal(rate * Double(options.size) / 1e6, 1))",
      "write_calls_proc0=\(writeCalls)",
    ].joined(separator: " ")
  }
}

/// The words of the shared file.
private struct Board {
  let nodes: Int
  let processes: Int
  /// Processes whose listeners are open, and whose links all stand.
  var listening: Int { 0 }
  var connected: Int { 1 }
  /// Set when somebody gave up.
  var failed: Int { 2 }
  /// Two words a process each: events, first receipts; low half first.
  func events(_ process: Int) -> Int { 3 + 4 * process }
  func first(_ process: Int) -> Int { 5 + 4 * process }
  func port(_ node: Int) -> Int { 3 + 4 * processes + node }
  func deliveries(_ message: Int) -> Int { 3 + 4 * processes + nodes + message }
}

/// One process of a bench run.
final class FloodBenchProcess: TransportReceiver {
  private let options: FloodBenchOptions
  private let workload: FloodWorkload
  /// The node that owns each slot.
  private let owners: Table<UInt32>
  private let process: Int
  private let loop: Loop
  private let shared: SharedCounters
  private let board: Board
  private let eventsPerMessage: UInt32
  private var transport: Transport?
  /// Deliveries of each message when there is no other process to tell.
  private let deliveries: Table<UInt32>
  /// A row of bits a message: the nodes that have it.
  private let seen: Table<UInt64>
  private let seenWords: Int
  private struct Tally: BitwiseCopyable {
    var events: UInt64 = 0
    var first: UInt64 = 0
  }
  /// A table of one, for its plain storage.
  private let tally = Table(repeating: Tally(), count: 1)
  private var nextToPublish = 0
  private var settledUpTo = 0
  private var payload: [UInt8]
  private(set) var runNanoseconds: UInt64 = 0
  private(set) var writeCalls: UInt64 = 0
  private var started: UInt64 = 0

  init(_ options: FloodBenchOptions, process: Int, _ loop: Loop, boardAt path: String) throws(UVError) {
    self.options = options
    self.process = process
    self.loop = loop
    workload = FloodWorkload(nodes: options.nodes, degree: options.degree, messages: options.messages)
    owners = Table(workload.wiring.owners)
    board = Board(nodes: options.nodes, processes: options.processes)
    shared = try SharedCounters(path: path, count: board.deliveries(options.messages), create: process == 0)
    eventsPerMessage = UInt32(workload.eventsPerMessage)
    deliveries = Table(repeating: 0, count: options.processes == 1 ? options.messages : 0)
    seenWords = (options.nodes + 63) / 64
    seen = Table(repeating: 0, count: options.messages * seenWords)
    payload = Array(repeating: 7, count: options.size)
  }

  private func isMine(_ node: Int) -> Bool { node * options.processes / options.nodes == process }

  /// Connects, floods, counts. False when the limit passed before the end.
  func run() throws(UVError) -> Bool {
    let hosting = (0..<options.nodes).map(isMine)
    var settings = TransportSettings(network: NetworkID(0, 0, 0, 1), seed: 1, nodes: options.nodes)
    settings.outputBytesMaximum = 1 << 26
    let transport = Transport(loop, workload.wiring, hosting: hosting, settings, receiver: self)
    self.transport = transport
    for (node, port) in try transport.listen() { shared.add(UInt32(port), to: board.port(node.index)) }
    shared.add(1, to: board.listening)
    guard waitForAll(board.listening) else { return false }
    transport.connect(to: (0..<options.nodes).map { UInt16(shared.load(board.port($0))) })
    guard loop.run(limit: options.limit, until: { transport.isConnected || hasFailed }) else { return false }
    shared.add(1, to: board.connected)
    guard waitForAll(board.connected) else { return false }

    started = Loop.monotonicNanoseconds
    publish()
    // Other processes settle messages too, and wake nobody.
    let poll = Timer(loop) { [unowned self] in self.publish() }
    if options.processes > 1 { poll.start(after: .milliseconds(1), every: .milliseconds(1)) }
    let done = loop.run(limit: options.limit) { settledUpTo == options.messages || hasFailed } && !hasFailed
    runNanoseconds = Loop.monotonicNanoseconds - started
    poll.close()
    if !done { shared.add(1, to: board.failed) }
    let (events, first) = (tally[0].events, tally[0].first)
    shared.add(UInt32(truncatingIfNeeded: events), to: board.events(process))
    shared.add(UInt32(truncatingIfNeeded: events >> 32), to: board.events(process) + 1)
    shared.add(UInt32(truncatingIfNeeded: first), to: board.first(process))
    shared.add(UInt32(truncatingIfNeeded: first >> 32), to: board.first(process) + 1)
    return done
  }

  private var hasFailed: Bool { shared.load(board.failed) != 0 }

  private func waitForAll(_ word: Int) -> Bool {
    let tick = Timer(loop) {}
    tick.start(after: .milliseconds(1), every: .milliseconds(1))
    let all = loop.run(limit: options.limit) {
      shared.load(word) == UInt32(options.processes) || hasFailed
    }
    tick.close()
    if !all || hasFailed { shared.add(1, to: board.failed) }
    return all && !hasFailed
  }

  func total(_ word: (Int) -> Int) -> UInt64 {
    (0..<options.processes).reduce(0) {
      $0 + UInt64(shared.load(word($1))) + UInt64(shared.load(word($1) + 1)) << 32
    }
  }

  var totals: (events: UInt64, first: UInt64) { (total(board.events), total(board.first)) }

  func end() {
    writeCalls = transport?.writeCalls ?? 0
    transport?.close()
  }

  // MARK: The flood

  /// Publishes what the window allows; notes the end.
  private func publish() {
    while settledUpTo < options.messages, delivered(settledUpTo) == eventsPerMessage { settledUpTo += 1 }
    while nextToPublish < options.messages, nextToPublish < settledUpTo + options.window {
      let message = nextToPublish
      nextToPublish += 1
      let source = workload.source(message)
      guard isMine(source) else { continue }
      for k in 0..<4 { payload[k] = UInt8(truncatingIfNeeded: message >> (8 * k)) }
      _ = see(message, source)
      fan(from: source, exceptOver: -1, payload.span)
    }
    if settledUpTo == options.messages { loop.stop() }
  }

  private func delivered(_ message: Int) -> UInt32 {
    options.processes == 1 ? deliveries[message] : shared.load(board.deliveries(message))
  }

  /// Marks the message as seen by the node; true when it was not.
  @inline(__always)
  private func see(_ message: Int, _ node: Int) -> Bool {
    let word = message &* seenWords &+ node &>> 6
    let bit: UInt64 = 1 &<< UInt64(truncatingIfNeeded: node & 63)
    let old = seen[word]
    seen[word] = old | bit
    return old & bit == 0
  }

  @inline(__always)
  private func fan(from node: Int, exceptOver slot: Int, _ frame: Span<UInt8>) {
    guard let transport else { return }
    for other in workload.wiring.slots(of: node) where other != slot {
      transport.send(slot: other, .message, frame)
    }
  }

  func received(_ frame: Span<UInt8>, slot: Int) {
    guard frame.count == options.size else { return }
    let message = Int(frame[0]) | Int(frame[1]) << 8 | Int(frame[2]) << 16 | Int(frame[3]) << 24
    guard message < options.messages else { return }
    tally[0].events &+= 1
    let count: UInt32
    if options.processes == 1 {
      count = deliveries[message] &+ 1
      deliveries[message] = count
    } else {
      count = shared.increment(board.deliveries(message))
    }
    let node = Int(owners[slot])
    if see(message, node) {
      tally[0].first &+= 1
      fan(from: node, exceptOver: slot, frame)
    }
    if count == eventsPerMessage { publish() }
  }

  func linkUp(slot: Int) {}
  func linkDown(slot: Int) {}
}

/// Runs the bench: this process is the first, and starts the others.
public enum FloodBench {
  /// The directory is for the shared file and the others' use; it must exist. `child` makes the arguments with which
  /// this executable becomes process k. Nil when the run did not end.
  public static func run(
    _ options: FloodBenchOptions, directory: String, child arguments: (Int) -> [String]
  ) throws(UVError) -> FloodBenchResult? {
    let loop = try Loop()
    let board = directory + "/board"
    let bench = try FloodBenchProcess(options, process: 0, loop, boardAt: board)
    var running = 0
    var failed = false
    for k in 1..<max(options.processes, 1) {
      _ = try Process.spawn(loop, Process.ownExecutable, arguments(k)) { exit in
        running -= 1
        if exit != .code(0) { failed = true }
      }
      running += 1
    }
    let done = try bench.run()
    let ended = loop.run(limit: options.limit) { running == 0 }
    bench.end()
    loop.close()
    guard done, ended, !failed else { return nil }
    let workload = FloodWorkload(nodes: options.nodes, degree: options.degree, messages: options.messages)
    let totals = bench.totals
    return FloodBenchResult(
      options: options, events: totals.events, expectedEvents: workload.expectedEvents, first: totals.first,
      expectedFirst: workload.expectedFirst, runSeconds: Double(bench.runNanoseconds) / 1e9,
      cpuSeconds: Process.cpuSeconds, writeCalls: bench.writeCalls)
  }

  /// Process k of a run that another one began. False when it did not end.
  public static func join(_ options: FloodBenchOptions, process: Int, directory: String) throws(UVError)
    -> Bool
  {
    let loop = try Loop()
    let bench = try FloodBenchProcess(options, process: process, loop, boardAt: directory + "/board")
    let done = try bench.run()
    bench.end()
    loop.close()
    return done
  }
}
