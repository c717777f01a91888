// Faults by command that strike whole processes: real signals, seen in the system's own tables, and when each process applied
// what was commanded.

import AVS
import Basics
import Foundation
import Participants
import Reporting
import Runs
import Scenarios
import TestKit
import Testing
import UV

@testable import Cluster

/// A cluster of three processes and somebody who commands it. Nodes 0 to 3, 4 to 6 and 7 to 9 share a process.
private final class Commanded {
  let run: ClusterRun
  let command: Command
  private let scratch: Scratch
  private(set) var notices: [String] = []

  init(_ more: String = "") throws {
    scratch = try Scratch()
    var options = ClusterOptions(executable: Checkout.avsim?.path ?? "")
    options.processes = 3
    options.controlSocket = scratch.path + "/control.sock"
    let scenario = try smallScenario(more, duration: "120s")
    run = try ClusterRun(scenario, try Blueprint(scenario, engine: .cluster), options)
    command = try Command(run, scratch.path + "/control.sock")
    run.noticed = { [unowned self] in notices.append($0) }
    try run.connect()
  }

  var group: ProcessGroup {
    guard let group = run.nodes as? ProcessGroup else { preconditionFailure("nodes without processes") }
    return group
  }
  var ids: [Int32] { group.processIDs }

  /// The letter that the kernel shows for a process: T is stopped.
  func state(_ process: Int) -> Character? {
    guard ids[process] != 0,
      let text = try? String(contentsOfFile: "/proc/\(ids[process])/stat", encoding: .utf8)
    else { return nil }
    return text.split(separator: ")").last?.first { $0 != " " }
  }

  func inject(_ yaml: String) throws -> UInt32 {
    let answer = try command.ask(.inject(yaml: yaml))
    #expect(answer.code == 0, "\(answer.text)")
    return try #require(UInt32(answer.text))
  }

  func heal(_ id: UInt32) throws { #expect(try command.ask(.heal(id: id)).text == "\(id)") }

  func isSoon(_ fact: () -> Bool) -> Bool { run.loop.run(limit: .seconds(60), until: fact) }

  func effect(_ id: UInt32, begins: Bool) -> FaultEffect? {
    group.effects.all.last { $0.fault == id && $0.begins == begins && $0.isEverywhere }
  }

  func close() {
    command.close()
    run.close()
  }
}

@Suite(.serialized, .enabled(if: Checkout.avsim != nil)) struct ProcessFaultTests {
  @Test func aCrashOfAllNodesOfAProcessKillsItAndItsEndStartsItAnew() throws {
    let cluster = try Commanded()
    defer { cluster.close() }
    let before = cluster.ids
    // One node of several: its process goes on.
    let part = try cluster.inject("{crash: {nodes: [4]}}")
    #expect(cluster.isSoon { cluster.effect(part, begins: true) != nil })
    #expect(cluster.ids == before)

    let whole = try cluster.inject("{crash: {nodes: {process: 0}}}")
    #expect(cluster.isSoon { cluster.ids[0] == 0 })
    #expect(StateDirectory.startTicks(of: before[0]) == nil, "the system knows it no more")
    #expect(cluster.ids[1...] == before[1...])
    #expect(cluster.notices.contains("process 0 ended by signal 9, as a fault wanted"))
    // A second crash of the same process: it stays away until both are healed.
    let again = try cluster.inject("{crash: {nodes: [0, 1, 2, 3]}}")
    try cluster.heal(whole)
    #expect(cluster.isSoon { cluster.effect(whole, begins: false) != nil })
    #expect(cluster.ids[0] == 0)
    try cluster.heal(again)
    #expect(cluster.isSoon { cluster.notices.contains("process 0 is back") })
    #expect(cluster.ids[0] != 0 && cluster.ids[0] != before[0])
    // State that shall be kept cannot be killed.
    let kept = try cluster.inject("{crash: {nodes: {process: 2}, state: kept}}")
    #expect(cluster.isSoon { cluster.effect(kept, begins: true) != nil })
    #expect(cluster.ids[2] == before[2])
    // An operator of the killed process attests again.
    cluster.run.run(until: cluster.run.now + .seconds(1))
    cluster.run.endTraffic()
    let rows = cluster.run.conclude(cluster.run.now).attestations.filter { $0.operatorID == NodeID(0) }
    #expect(rows.contains { $0.publishedAt != nil })
  }

  @Test func aPauseStopsTheProcessAndASlowCPUStopsItInTurn() throws {
    let cluster = try Commanded()
    defer { cluster.close() }
    let before = cluster.ids
    let part = try cluster.inject("{pause: {nodes: [5]}}")
    #expect(cluster.isSoon { cluster.effect(part, begins: true) != nil })
    #expect(cluster.state(1) != "T")
    let whole = try cluster.inject("{pause: {nodes: {process: 1}}}")
    #expect(cluster.isSoon { cluster.state(1) == "T" })
    try cluster.heal(whole)
    #expect(cluster.isSoon { cluster.state(1) != "T" })
    #expect(cluster.isSoon { cluster.effect(whole, begins: false) != nil }, "it hears again")

    let slow = try cluster.inject("{slowCPU: {nodes: {process: 2}, factor: 4}}")
    var turns = 0
    var wasStopped = false
    #expect(
      cluster.isSoon {
        let isStopped = cluster.state(2) == "T"
        if isStopped != wasStopped { turns += 1 }
        wasStopped = isStopped
        return turns >= 8
      })
    try cluster.heal(slow)
    #expect(cluster.isSoon { cluster.effect(slow, begins: false) != nil && cluster.state(2) != "T" })
    #expect(cluster.ids == before, "nobody ended")

    // A run that ends while a process stands still gets that process's last counts.
    _ = try cluster.inject("{pause: {nodes: {process: 0}}}")
    #expect(cluster.isSoon { cluster.state(0) == "T" })
    cluster.run.endTraffic()
    #expect(cluster.group.supervisor?.stages.allSatisfy { $0 == .finished || $0 == .ended } ?? false)
    #expect(!cluster.notices.contains { $0.contains("did not tell its last counts") })
  }

  @Test func everyProcessSaysWhenItAppliedAFault() throws {
    let cluster = try Commanded()
    defer { cluster.close() }
    for yaml in [
      "{partition: {isolate: [1]}}", "{loss: 50%}", "{latency: {add: 20ms}}", "{crash: {nodes: [8]}}",
      "{pause: {nodes: {process: 1}}}", "{slowCPU: {nodes: [2], factor: 3}}",
    ] {
      let earliest = Loop.monotonicNanoseconds
      let id = try cluster.inject(yaml)
      #expect(cluster.isSoon { cluster.effect(id, begins: true) != nil }, "\(yaml)")
      let begun = try #require(cluster.effect(id, begins: true))
      #expect(begun.applied.map(\.process).sorted() == [0, 1, 2])
      #expect(begun.accepted >= earliest)
      #expect(begun.applied.allSatisfy { $0.at >= begun.accepted && $0.at <= Loop.monotonicNanoseconds })
      #expect(try cluster.command.ask(.faults).text.contains("in force in 3 of 3 processes"))
      let before = Loop.monotonicNanoseconds
      try cluster.heal(id)
      #expect(cluster.isSoon { cluster.effect(id, begins: false) != nil }, "\(yaml)")
      let healed = try #require(cluster.effect(id, begins: false))
      #expect(healed.applied.count == 3 && healed.applied.allSatisfy { $0.at >= before })
    }
    #expect(cluster.notices.contains { $0.hasPrefix("fault 0: in force in 3 of 3 processes ") })
    #expect(cluster.notices.contains { $0.hasPrefix("fault 0: healed in 3 of 3 processes ") })
    let refused = try cluster.command.ask(.inject(yaml: "{crash: {nodes: {process: 3}}}"))
    #expect(refused.code == 65 && refused.text.contains("0 to 2"), "\(refused.text)")
  }
}
