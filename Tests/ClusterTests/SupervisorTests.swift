import Basics
import Testing
import UV

@testable import Cluster

/// Writes down what a supervisor tells.
final class Owner: SupervisorOwner {
  var log: [String] = []
  var elsewhere: [Int] = []
  func isElsewhere(_ process: Int) -> Bool { elsewhere.contains(process) }
  func assignment(of process: Int) -> [UInt8] { [UInt8(process)] }
  func everyProcessIsConnected() { log.append("connected") }
  func received(_ message: ControlMessage, from process: Int) { log.append("\(process): \(message)") }
  func ended(process: Int, _ exit: UV.Process.Exit, hadFinished: Bool) {
    log.append("\(process) ended \(exit) \(hadFinished)")
  }
  func rejoined(process: Int) { log.append("\(process) rejoined") }
}

/// A child's owner that listens at invented ports.
final class Child: ProcessOwner {
  let process: Int
  var end: ProcessEnd?
  var log: [String] = []
  var peers: [UInt16] = []
  init(_ process: Int) { self.process = process }
  func assigned(_ body: [UInt8]) throws -> [ControlMessage.NodePort] {
    log.append("assigned \(body)")
    return [.init(NodeID(process), UInt16(1_000 + process + 100 * log.count))]
  }
  func connect(to ports: [UInt16]) {
    peers = ports
    end?.isConnected()
  }
  func start(at epoch: UInt64) { log.append("start \(epoch)") }
  func received(_ message: ControlMessage) { log.append("\(message)") }
  func parentIsGone() { log.append("gone") }
}

/// A supervisor whose processes are sleepers, and whose children's ends live in the test.
final class Family {
  let scratch: Scratch
  let loop: Loop
  let owner = Owner()
  let supervisor: Supervisor
  var server: ControlServer?
  var arrived: [ControlChannel] = []
  var children: [Child] = []
  /// Every child ever, since a channel may still tell it something.
  var kept: [Child] = []

  init(_ count: Int) throws {
    scratch = try Scratch()
    loop = try Loop()
    supervisor = Supervisor(loop, processes: count, nodes: count, owner: owner) { _ in
      ("/bin/sleep", ["1000"])
    }
    server = try ControlServer(loop, path: scratch.path + "/control.sock") { [unowned self] channel, _ in
      arrived.append(channel)
    }
    try supervisor.start()
    for k in 0..<count { children.append(try join(k)) }
  }

  func join(_ k: Int, as claimed: Int? = nil) throws -> Child {
    let child = Child(claimed ?? k)
    kept.append(child)
    let known = arrived.count
    child.end = try ProcessEnd(
      loop, parentAt: scratch.path + "/control.sock", process: claimed ?? k, owner: child)
    #expect(loop.run { arrived.count == known + 1 })
    let id = supervisor.processIDs[k]
    let isOurs = supervisor.adopt(arrived[known], from: id)
    #expect(isOurs)
    return child
  }

  func end() {
    supervisor.killAll()
    #expect(loop.run { supervisor.isEmpty })
    server?.close()
    loop.close()
  }
}

@Suite struct SupervisorTests {
  @Test func processesComeToOneStartTogether() throws {
    let family = try Family(3)
    #expect(family.loop.run { family.owner.log == ["connected"] })
    #expect(family.children.allSatisfy { $0.peers == [1_100, 1_101, 1_102] })
    #expect(family.supervisor.stages == [.connected, .connected, .connected])
    family.supervisor.run(from: 77)
    #expect(family.loop.run { family.children.allSatisfy { $0.log.last == "start 77" } })
    family.children[1].end?.send(.facts([1]))
    #expect(family.loop.run { family.owner.log.last == "1: \(ControlMessage.facts([1]))" })
    family.supervisor.broadcast(.fault(id: 4, [1]))
    #expect(
      family.loop.run { family.children.allSatisfy { $0.log.last == "\(ControlMessage.fault(id: 4, [1]))" } })
    family.children[0].end?.send(.finished([9]))
    #expect(family.loop.run { family.supervisor.stages[0] == .finished })
    #expect(family.supervisor.refused == 0)
    family.end()
  }

  @Test func aProcessWithAnotherClockStartsByItsOwn() throws {
    let family = try Family(2)
    #expect(family.loop.run { family.owner.log == ["connected"] })
    family.supervisor.signal(Signal.kill, process: 1)
    #expect(family.loop.run { family.supervisor.stages[1] == .ended })
    family.supervisor.run(from: 1 << 50)
    // The next process 1 counts from elsewhere; its end here answers by this machine's clock, which is off by nothing.
    family.owner.elsewhere = [1]
    try family.supervisor.start(process: 1)
    let again = try family.join(1)
    #expect(family.loop.run { again.log.contains { $0.hasPrefix("start") } })
    let told = try #require(again.log.last { $0.hasPrefix("start") }?.split(separator: " ").last)
    let off = Int64(told).map { abs($0 - 1 << 50) } ?? .max
    // Within the way of the quickest answer; on any machine far below a minute.
    #expect(off < 60_000_000_000)
    #expect(family.supervisor.refused == 0)
    family.end()
  }

  @Test func aKilledProcessIsSeenAndJoinsAgain() throws {
    let family = try Family(2)
    #expect(family.loop.run { family.owner.log == ["connected"] })
    family.supervisor.run(from: 5)
    family.supervisor.signal(Signal.kill, process: 1)
    #expect(family.loop.run { family.owner.log.last == "1 ended \(UV.Process.Exit.signal(9)) false" })
    #expect(family.loop.run { family.children[1].log.last == "gone" })
    try family.supervisor.start(process: 1)
    let again = try family.join(1)
    #expect(family.loop.run { family.owner.log.last == "1 rejoined" })
    #expect(family.loop.run { again.log.last == "start 5" })
    #expect(
      family.loop.run { family.children[0].log.last == "\(ControlMessage.moved([.init(NodeID(1), 1_101)]))" })
    #expect(family.supervisor.stages == [.running, .running])
    family.end()
  }

  @Test func aProcessThatSaysTheWrongThingGetsNoFurther() throws {
    let family = try Family(2)
    #expect(family.loop.run { family.owner.log == ["connected"] })
    // Facts before the start.
    family.children[0].end?.send(.facts([1]))
    #expect(family.loop.run { family.supervisor.refused == 1 })
    // Another process's number.
    family.supervisor.signal(Signal.kill, process: 1)
    #expect(family.loop.run { family.supervisor.stages[1] == .ended })
    try family.supervisor.start(process: 1)
    _ = try family.join(1, as: 0)
    #expect(family.loop.run { family.supervisor.refused == 2 })
    #expect(family.supervisor.stages[1] == .started)
    // A channel from a process that is nobody's child.
    let known = family.arrived.count
    let stranger = try ControlChannel(family.loop, dialing: family.scratch.path + "/control.sock")
    #expect(family.loop.run { family.arrived.count == known + 1 })
    #expect(!family.supervisor.adopt(family.arrived[known], from: UV.Process.ownID))
    stranger.close()
    family.end()
  }

  @Test func aProcessWhoseChannelEndsIsEnded() throws {
    let family = try Family(1)
    #expect(family.loop.run { family.owner.log == ["connected"] })
    family.children[0].end?.close()
    #expect(family.loop.run { family.owner.log.last == "0 ended \(UV.Process.Exit.signal(9)) false" })
    family.end()
  }
}
