// From faults as written to faults as the engines apply them.

import Basics
import Network
import Participants
import Scenarios
import Testing

private let head = """
  name: x
  network: {regions: ethereum}
  operators: {count: 100}
  duration: 100s
  faults:

  """

private func faults(_ lines: String, seed: UInt64 = 5) throws -> (Setting, [Fault]) {
  let read = try Scenario.parse(file: "f", bytes: Array((head + lines).utf8), overrides: ["seed=\(seed)"])
  let setting = try read.setting()
  return (setting, setting.faults)
}

@Suite struct FaultResolutionTests {
  @Test func aShareOfNodesIsDrawnAmongOperators() throws {
    let (setting, found) = try faults("  - {at: 60s, crash: {nodes: 10%}, restart: 15s}\n")
    guard case .crash(let nodes, let loses) = found[0].kind else { return #expect(Bool(false)) }
    #expect(nodes.count == 10)
    #expect(!loses)
    #expect(nodes.allSatisfy { setting.roles[$0.index] == .operator })
    #expect(nodes == nodes.sorted())
    #expect(found[0].at == Instant(nanoseconds: 60_000_000_000))
    #expect(found[0].until == Instant(nanoseconds: 75_000_000_000))
    #expect(found[0].isInForce(Instant(nanoseconds: 60_000_000_000)))
    #expect(!found[0].isInForce(Instant(nanoseconds: 75_000_000_000)))
  }

  /// The basis of shrinking: what stays strikes the same.
  @Test(arguments: 1...8 as ClosedRange<UInt64>) func removingOneFaultChangesNoOther(_ seed: UInt64) throws {
    let lines = [
      "  - {at: 10s, crash: {nodes: 10%}}\n", "  - {at: 20s, for: 5s, partition: {random: 30%}}\n",
      "  - {at: 30s, for: 5s, slowCPU: {nodes: 7, factor: 3}}\n",
      "  - {at: 40s, for: 5s, loss: {share: 5%, nodes: 4}}\n",
    ]
    let all = try faults(lines.joined(), seed: seed).1.map(\.kind)
    for left in lines.indices {
      var rest = lines
      rest.remove(at: left)
      var expected = all
      expected.remove(at: left)
      #expect(try faults(rest.joined(), seed: seed).1.map(\.kind) == expected)
    }
  }

  @Test func howHardAndHowLongDoNotMoveTheDraw() throws {
    let a = try faults("  - {at: 10s, for: 5s, slowCPU: {nodes: 7, factor: 3}}\n").1[0]
    let b = try faults("  - {at: 10s, for: 50s, slowCPU: {nodes: 7, factor: 30}}\n").1[0]
    guard case .slowCPU(let first, 3_000) = a.kind, case .slowCPU(let second, 30_000) = b.kind else {
      return #expect(Bool(false))
    }
    #expect(first == second)
  }

  @Test func aNamedDrawStaysWhenTheFaultMoves() throws {
    let a = try faults("  - {at: 10s, crash: {nodes: 9}, draw: 77}\n").1[0]
    let b = try faults("  - {at: 12s, crash: {nodes: 9}, draw: 77}\n").1[0]
    #expect(a.kind == b.kind)
  }

  @Test func equalEntriesStrikeDifferently() throws {
    let found = try faults("  - {at: 10s, crash: {nodes: 9}}\n  - {at: 10s, crash: {nodes: 9}}\n").1
    #expect(found[0].kind != found[1].kind)
  }

  @Test func sidesFollowRegions() throws {
    let (setting, found) = try faults(
      "  - {at: 1s, for: 1s, partition: {regions: [[europe], [na_east, na_west]]}}\n  - {at: 3s, for: 1s, partition: {regions: [[europe], rest]}}\n"
    )
    guard case .partition(let open) = found[0].kind, case .partition(let closed) = found[1].kind else {
      return #expect(Bool(false))
    }
    for (v, node) in setting.graph.nodes.enumerated() {
      switch node.region! {
      case "europe": #expect(open[v] == 0 && closed[v] == 0)
      case "na_east", "na_west": #expect(open[v] == 1 && closed[v] == 1)
      default: #expect(open[v] == Fault.everySide && closed[v] == 1)
      }
    }
    #expect(Fault.connects(0, Fault.everySide))
    #expect(!Fault.connects(0, 1))
    #expect(Fault.connects(1, 1))
  }

  @Test func isolatedNodesAreAlone() throws {
    let found = try faults("  - {at: 1s, for: 1s, partition: {isolate: [3, 4]}}\n").1
    guard case .partition(let sides) = found[0].kind else { return #expect(Bool(false)) }
    #expect(sides[3] != sides[4])
    #expect(sides[3] != sides[5])
    #expect(sides[5] == sides[6])
  }

  @Test func linkSetsHoldBothDirections() throws {
    let (setting, found) = try faults(
      """
        - {at: 1s, loss: {share: 5%, between: [[europe], [na_east]]}}
        - {at: 1s, loss: {share: 5%, regions: europe}}
        - {at: 1s, loss: {share: 5%, links: [[4, 2], [2, 4], [9, 1]]}}
        - {at: 1s, loss: {share: 5%, nodes: [6]}}
        - {at: 1s, latency: {add: 5ms}}

      """)
    func set(_ k: Int) -> LinkSet? {
      switch found[k].kind {
      case .loss(let links, _), .latency(let links, _, _): links
      default: nil
      }
    }
    let region = setting.graph.nodes.map { $0.region! }
    for a in 0..<50 {
      for b in 0..<50 where a != b {
        let (x, y) = (NodeID(a), NodeID(b))
        let pair = [region[a], region[b]]
        #expect(set(0)!.contains(x, y) == (pair == ["europe", "na_east"] || pair == ["na_east", "europe"]))
        #expect(set(1)!.contains(x, y) == pair.contains("europe"))
        #expect(set(2)!.contains(x, y) == ([a, b].sorted() == [2, 4] || [a, b].sorted() == [1, 9]))
        #expect(set(3)!.contains(x, y) == (a == 6 || b == 6))
        #expect(set(4)!.contains(x, y))
      }
    }
  }

  @Test func aRegionOutageIsACrashOfItsNodes() throws {
    let (setting, found) = try faults("  - {at: 1s, for: 9s, regionOutage: europe, state: lost}\n")
    guard case .crash(let nodes, true) = found[0].kind else { return #expect(Bool(false)) }
    #expect(
      nodes.map(\.index) == setting.graph.nodes.indices.filter { setting.graph.nodes[$0].region == "europe" })
    #expect(found[0].until == Instant(nanoseconds: 10_000_000_000))
  }

  @Test func adversariesAreDrawnAmongThoseWhoServe() throws {
    let read = try Scenario.parse(
      file: "f",
      bytes: Array(
        """
        name: x
        operators: {count: 50}
        services: [{name: a, operators: 5}, {name: b, operators: 40}]
        adversaries:
          - {who: {operators: 3, services: [a]}, do: equivocate}
          - {who: {operators: {byStake: 20%}}, do: silent, probability: 50%}
        """.utf8))
    let setting = try read.setting()
    let first = setting.misconduct.filter { $0.service != nil }
    #expect(first.count == 3)
    #expect(first.allSatisfy { setting.members[0].contains($0.operatorID) && $0.service == ServiceID(0) })
    #expect(first.allSatisfy { $0.kind == .equivocate(split: 32_768) })
    let silent = setting.misconduct.filter { $0.service == nil }
    #expect(silent.count == 10)
    #expect(silent.allSatisfy { $0.chance == 32_768 && $0.until == .never })
  }
}
