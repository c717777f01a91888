import Basics
import Glibc
import Testing
import UV

@testable import Cluster

let examples: [ControlMessage] = [
  .hello(process: 3, version: ControlMessage.version), .listening([]),
  .listening([.init(NodeID(1), 65_535), .init(NodeID(70_000), 1)]), .connected, .facts([1, 2, 3]),
  .submission([]),
  .statistics([4]), .finished([5]), .failed("no such service: ü"),
  .assignment(Array(repeating: 7, count: 5_000)),
  .peers([1, 2, 65_535]), .moved([.init(NodeID(0), 9)]), .start(at: .max), .task([1]), .chain([2]),
  .fault(id: 17, [1, 2]), .fault(id: 0, []), .heal(id: .max), .stop, .request([1]), .response([2]),
  .clock(asked: 5), .clockAnswer(asked: .max, own: 7),
  .struck(fault: 3, begins: true, at: .max), .struck(fault: .max, begins: false, at: 0),
]

func decode(_ bytes: [UInt8]) -> Result<ControlMessage, ControlMessageError> {
  do throws(ControlMessageError) { return .success(try ControlMessage(decoding: bytes.span)) } catch {
    return .failure(error)
  }
}

@Suite struct ControlMessageTests {
  @Test(arguments: examples) func everyMessageSurvivesTheWire(message: ControlMessage) {
    #expect(decode(message.encoded) == .success(message))
  }

  @Test func whatIsNoMessageIsSaid() {
    #expect(decode([]) == .failure(.empty))
    #expect(decode([200]) == .failure(.unknownKind(200)))
    #expect(decode([1, 0, 0]) == .failure(.length(kind: 1, bytes: 2)))
    #expect(decode([2, 0, 0, 0, 0, 0]) == .failure(.length(kind: 2, bytes: 5)))
    #expect(decode([3, 1]) == .failure(.length(kind: 3, bytes: 1)))
    #expect(decode([8, 0xFF]) == .failure(.text(kind: 8)))
    #expect(
      decode([10, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0]) == .failure(.flag(kind: 10, 2)))
  }

  @Test(arguments: 0..<200 as Range<UInt64>) func noBytesTrap(seed: UInt64) {
    var random = RandomStream(seed: seed)
    for message in examples {
      var bytes = message.encoded
      bytes.removeLast(random.below(bytes.count + 1))
      if !bytes.isEmpty { bytes[random.below(bytes.count)] = UInt8(random.below(256)) }
      if case .success(let read) = decode(bytes) { #expect(read.encoded == bytes) }
    }
  }

  @Test func requestsAndResponsesSurviveJSON() {
    let requests: [ClusterRequest] = [
      .status, .wait, .down, .inject(yaml: "crash: {nodes: [1]}"), .heal(id: 3), .heal(id: nil), .faults,
      .transactions,
    ]
    for request in requests { #expect(ClusterRequest(decoding: request.encoded) == request) }
    #expect(ClusterRequest(decoding: [1, 2, 3]) == nil)
    let response = ClusterResponse(code: 65, "line 1")
    #expect(ClusterResponse(decoding: response.encoded) == response)
  }
}

/// A directory of one test's own.
final class Scratch {
  let path: String
  init() throws {
    var template = Array("/tmp/avsim-XXXXXX".utf8CString)
    try #require(unsafe mkdtemp(&template) != nil)
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
  /// The files that tests make, and then the directory.
  deinit {
    for name in ["other", "state/control.sock", "state/cluster.json", "state/other", "control.sock"] {
      unsafe _ = unlink(path + "/" + name)
    }
    unsafe _ = rmdir(path + "/state")
    unsafe _ = rmdir(path)
  }

  func remove(_ name: String) { unsafe _ = unlink(path + "/" + name) }

  func write(_ text: String, to name: String) throws {
    let file = unsafe fopen(path + "/" + name, "w")
    let opened = try unsafe #require(file)
    unsafe _ = fputs(text, opened)
    unsafe _ = fclose(opened)
  }
}

@Suite struct ControlChannelTests {
  @Test func messagesPassBothWaysAndTheSocketIsPrivate() throws {
    let scratch = try Scratch()
    let loop = try Loop()
    var heard: [ControlMessage] = []
    var peer: Int32 = 0
    var accepted: ControlChannel?
    let path = scratch.path + "/control.sock"
    let server = try ControlServer(loop, path: path) { channel, process in
      peer = process
      accepted = channel
      channel.received = {
        heard.append($0)
        channel.send($0)
      }
    }
    var status = stat()
    #expect(unsafe stat(path, &status) == 0)
    #expect(status.st_mode & 0o777 == 0o600)
    let client = try ControlChannel(loop, dialing: path)
    var echoed: [ControlMessage] = []
    client.received = { echoed.append($0) }
    for message in examples { #expect(client.send(message)) }
    #expect(loop.run { echoed.count == examples.count })
    #expect(heard == examples)
    #expect(echoed == examples)
    #expect(peer == UV.Process.ownID)
    accepted?.received = nil
    server.close()
    #expect(unsafe stat(path, &status) != 0)
    loop.close()
  }

  @Test func bytesThatAreNoMessageEndTheChannel() throws {
    let scratch = try Scratch()
    let loop = try Loop()
    var ends: [ControlChannel.End] = []
    var channels: [ControlChannel] = []
    let server = try ControlServer(loop, path: scratch.path + "/control.sock") { channel, _ in
      channels.append(channel)
      channel.ended = { ends.append($0) }
    }
    let recorder = HandMade()
    let raw = try Connection.dial(loop, .unix(scratch.path + "/control.sock"), handler: recorder)
    let bytes: [UInt8] = [1, 250]
    _ = raw.write(bytes.span)
    #expect(loop.run { ends == [.notAMessage(.unknownKind(250))] && recorder.hasEnded })
    let again = HandMade()
    let second = try Connection.dial(loop, .unix(scratch.path + "/control.sock"), handler: again)
    let huge: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF, 0x7F]
    _ = second.write(huge.span)
    #expect(loop.run { again.hasEnded })
    #expect(ends.count == 2)
    server.close()
    loop.close()
  }

  @Test func aCommandAsksARunningClusterAndGivesUpOnADeadOne() throws {
    let scratch = try Scratch()
    let directory = StateDirectory(scratch.path + "/state")
    #expect(throws: StateDirectoryError.self) { try ControlClient.ask(.status, of: directory) }
    try directory.prepare()
    try directory.claim(scenario: "x.yaml", processes: 1)
    let loop = try Loop()
    var asked: [ClusterRequest] = []
    let server = try ControlServer(loop, path: directory.controlSocket) { channel, _ in
      channel.received = { message in
        guard case .request(let body) = message, let request = ClusterRequest(decoding: body) else { return }
        asked.append(request)
        if request == .wait {
          channel.close()
        } else {
          channel.send(.response(ClusterResponse("\(request)").encoded))
        }
      }
    }
    nonisolated(unsafe) var answer: ClusterResponse?
    nonisolated(unsafe) var failure: (any Error)?
    let thread = Thread {
      unsafe answer = try? ControlClient.ask(.heal(id: 4), of: directory)
      do { _ = try ControlClient.ask(.wait, of: directory, limit: nil) } catch { unsafe failure = error }
    }
    #expect(loop.run { asked.count == 2 })
    // The channel's close still has to reach the other thread.
    _ = loop.run(limit: .milliseconds(1)) { false }
    thread.join()
    #expect(unsafe answer == ClusterResponse("\(ClusterRequest.heal(id: 4))"))
    #expect(unsafe failure is StateDirectoryError)
    server.close()
    loop.close()
  }
}

/// Notes only that it ended.
final class HandMade: ConnectionHandler {
  var hasEnded = false
  func connected(_ connection: Connection) {}
  func received(_ bytes: Span<UInt8>, on connection: Connection) {}
  func ended(_ connection: Connection, _ error: UVError?) { hasEnded = true }
}

@Suite struct StateDirectoryTests {
  @Test func aNewDirectoryIsPrivateAndHasOneOwner() throws {
    let scratch = try Scratch()
    let directory = StateDirectory(scratch.path + "/state")
    #expect(directory.condition == .absent)
    #expect(
      throws: StateDirectoryError.notRunning(path: directory.path, reason: "the directory does not exist")
    ) {
      try directory.owner()
    }
    try directory.prepare()
    var status = stat()
    #expect(unsafe stat(directory.path, &status) == 0)
    #expect(status.st_mode & 0o777 == 0o700)
    #expect(directory.condition == .unused)
    try directory.prepare()
    try directory.claim(scenario: "a.yaml", processes: 4)
    let owner = try directory.owner()
    #expect(owner.process == getpid())
    #expect(owner.scenario == "a.yaml")
    #expect(throws: StateDirectoryError.live(path: directory.path, process: getpid())) {
      try directory.prepare()
    }
  }

  @Test(arguments: ["ticks", "boot", "process"]) func aDeadOwnerIsStale(what: String) throws {
    let scratch = try Scratch()
    let directory = StateDirectory(scratch.path + "/state")
    try directory.prepare()
    try directory.claim(scenario: "a.yaml", processes: 1)
    let owner = try directory.owner()
    let process = what == "process" ? 0x3FFF_FFFF : owner.process
    let ticks = what == "ticks" ? owner.startTicks + 1 : owner.startTicks
    let boot = what == "boot" ? "another" : owner.boot
    try scratch.write(
      #"{"process":\#(process),"startTicks":\#(ticks),"boot":"\#(boot)","scenario":"a.yaml","processes":1}"#,
      to: "state/cluster.json")
    guard case .stale = directory.condition else {
      Issue.record("\(directory.condition)")
      return
    }
    #expect(throws: StateDirectoryError.self) { try directory.owner() }
    try directory.prepare()
    #expect(directory.condition == .unused)
  }

  @Test func somebodyElsesFilesAreNotTouched() throws {
    let scratch = try Scratch()
    let directory = StateDirectory(scratch.path + "/state")
    try directory.prepare()
    try scratch.write("mine", to: "state/other")
    #expect(throws: StateDirectoryError.self) { try directory.prepare() }
    let long = StateDirectory(scratch.path + "/state/" + String(repeating: "x", count: 100))
    #expect(throws: StateDirectoryError.self) { try long.prepare() }
    unsafe _ = rmdir(long.path)
  }
}
