// A run on sockets leaves what came into its nodes; played once more in virtual time the same router decides the same.

import AVS
import Basics
import Contracts
import Foundation
import Gossip
import Libp2p
import Network
import Participants
import Reporting
import Runs
import Scenarios
import Signatures
import Testing
import TestKit
import UV

@testable import Cluster

@Suite(.serialized) struct InputReplayTests {
  private static let troubles = """
    adversaries: [{who: {operators: 1}, do: equivocate, from: 400ms}]
    faults:
      - {at: 600ms, for: 500ms, pause: {nodes: [2]}}
      - {at: 500ms, for: 700ms, crash: {nodes: [3]}}
      - {at: 1s, for: 400ms, partition: {isolate: [1]}}
      - {at: 200ms, for: 2s, duplicate: {share: 20%, nodes: [0]}}
    observe: {inputs: true}
    """

  /// Runs with a fault injected by command as well; the recording.
  private func record(_ wire: WirePlan, in folder: String) throws -> String {
    var scenario = try smallScenario(Self.troubles, duration: "2s")
    scenario.network.wire = wire
    var options = ClusterOptions()
    options.recording = folder
    options.controlSocket = folder + "/control.sock"
    let run = try ClusterRun(scenario, try Blueprint(scenario, engine: .cluster), options)
    defer { run.close() }
    try run.connect()
    run.run(until: .zero + .milliseconds(1_500))
    let command = try Command(run, folder + "/control.sock")
    defer { command.close() }
    #expect(try command.ask(.inject(yaml: "{loss: {share: 30%, nodes: [4]}}")).code == 0)
    run.run(until: .never)
    _ = run.conclude(run.settle())
    return try #require(InputReplay.recordings(in: folder).first)
  }

  @Test(arguments: [WirePlan.frames, .libp2p]) func theSameInputsLeadToTheSameDecisions(wire: WirePlan) throws
  {
    let scratch = try Scratch()
    let path = try record(wire, in: scratch.path)
    defer { try? FileManager.default.removeItem(atPath: path) }
    let replay = try InputReplay(path)
    #expect(replay.difference == nil)
    #expect(!replay.isCut)
    #expect(replay.frames > 500 && replay.transmissions > 500 && replay.inputs > replay.frames)
    #expect(replay.end > .zero + .seconds(2))
    guard wire == .frames else { return }

    // A recording that was cut off says so; one that lacks a wake-up differs.
    var bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
    try Data(bytes.dropLast(5)).write(to: URL(fileURLWithPath: path))
    #expect(try InputReplay(path).isCut)
    bytes.removeSubrange(try #require(Self.wakeUp(in: bytes)))
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    #expect(try InputReplay(path).difference != nil)
    try Data([1, 2, 3]).write(to: URL(fileURLWithPath: path))
    #expect(throws: InputReplayError.self) { try InputReplay(path) }
  }

  /// A record of a wake-up, in the second half of the recording.
  private static func wakeUp(in bytes: [UInt8]) -> Range<Int>? {
    var position = InputLog.head.count
    while position + 4 < bytes.count {
      let end = position + 4 + bytes[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
      // Length, instant, digest, kind.
      if position > bytes.count / 2, bytes[position + 20] == 5 { return position..<end }
      position = end
    }
    return nil
  }
}
