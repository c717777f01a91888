// Scenarios as values: defaults, round trips, overrides, draws by seed.

import AVS
import Basics
import Foundation
import Network
import Participants
import Scenarios
import Testing

private func scenario(_ text: String, set overrides: [String] = []) throws -> Scenario {
  try Scenario.parse(file: here + "/inline.yaml", bytes: Array(text.utf8), overrides: overrides)
}

@Suite struct ScenarioTests {
  @Test func everythingHasADefaultButTheName() throws {
    let read = try scenario("name: x\n")
    #expect(read == Scenario(name: "x"))
    #expect(read.operators.count == 100)
    #expect(read.network.gossip.d == 8)
    #expect(try read.setting().graph.nodes.count == 104)
  }

  /// The smallest networks work with the default topology.
  @Test(arguments: [1, 2, 3, 5, 12, 40]) func fewOperatorsAreEnough(_ count: Int) throws {
    let read = try scenario("name: x\noperators: {count: \(count)}\nservices: [{name: s}]\n")
    let setting = try read.setting()
    #expect(setting.graph.nodes.count == count + 4)
    #expect(setting.graph.isConnected)
  }

  @Test func aFullScenarioSurvivesItsManifest() throws {
    let read = try Scenario.load(here + "/Good/full.yaml")
    let data = try JSONEncoder().encode(read)
    #expect(try JSONDecoder().decode(Scenario.self, from: data) == read)
    #expect(read.services.map(\.name) == ["oracle", "keeper-1", "keeper-2", "bridge", "ramp", "oracle-1"])
    #expect(read.services[5].quorum == .percent(60))
    #expect(read.services[5].rules.map(\.offence) == [.equivocation, .invalidResult, .liveness])
    #expect(read.services[5].rules[2].threshold == .percent(25))
    #expect(read.services[5].rules[2].dispute == .seconds(3_600))
    #expect(read.seed == .max)
  }

  @Test func overridesComeBeforeTheChecks() throws {
    let text = "name: x\noperators: {count: 5}\nservices: [{name: a}, {name: b, quorum: 60%}]\n"
    let read = try scenario(
      text,
      set: [
        "seed=9", "network.gossip.D=6", "services[1].quorum=75%", "services.0.task.arrival=5s",
        "expect=[tasks.issued > 3]",
      ])
    #expect(read.seed == 9)
    #expect(read.network.gossip.d == 6)
    #expect(read.services[1].quorum == .percent(75))
    #expect(read.services[0].task.arrival == .periodic(every: .seconds(5), phase: .zero))
    #expect(read.expect.count == 1)
  }

  @Test(arguments: [
    ("duration=5", 65, "--set duration=5: duration: '5' has no unit"),
    ("network.gossip.Q=5", 65, "--set network.gossip.Q=5: network.gossip.Q: unknown key"),
    ("services[3].quorum=5%", 64, "the list has 1 items"),
    ("name.first=x", 64, "there is 'x' where 'first' would be set"),
    ("seed", 64, "write KEY.PATH=VALUE"),
    ("seed=[", 65, "--set seed=[:"),
  ])
  func wrongOverridesAreNamed(_ option: String, _ code: Int32, _ words: String) throws {
    do throws(FileError) {
      _ = try Scenario.parse(
        file: "f", bytes: Array("name: x\nservices: [{name: a}]\n".utf8), overrides: [option])
      Issue.record("accepted")
    } catch {
      #expect(error.exitCode == code)
      #expect(error.description.contains(words), "\(error.description)")
    }
  }

  @Test func liveFaultsSpeakTheSameWords() throws {
    let running = try scenario("name: x\nnetwork: {regions: ethereum}\noperators: {count: 20}\n")
    let one = try FaultPlan.live(Array("crash: {nodes: 3}\nrestart: 5s\n".utf8), name: "fault", in: running)
    #expect(one.count == 1)
    let two = try FaultPlan.live(
      Array("[{partition: {regions: [[europe], rest]}}, {for: 3s, loss: 10%}]".utf8), name: "fault",
      in: running)
    #expect(two.count == 2)
    #expect(throws: FileError.self) {
      try FaultPlan.live(Array("at: 5s\ncrash: {nodes: 3}".utf8), name: "fault", in: running)
    }
    #expect(throws: FileError.self) {
      try FaultPlan.live(Array("regionOutage: mars".utf8), name: "fault", in: running)
    }
    let setting = try running.setting()
    let ground = FaultGround(graph: setting.graph, roles: setting.roles, operators: 20, seed: running.seed)
    let fault = ground.resolve(one[0], id: 7, now: Instant(nanoseconds: 5))
    #expect(fault.id == 7)
    #expect(fault.until == Instant(nanoseconds: 5_000_000_005))
  }

  @Test func zipfStakesAddUpToTheGwei() throws {
    let read = try scenario(
      "name: x\noperators: {count: 300, stakes: {zipf: {exponent: 1.492522, total: 4500000ETH}}}\n")
    let stakes = read.operatorStakes()
    #expect(stakes.reduce(UInt128(0)) { $0 + $1.wei } == Ether.eth(4_500_000).wei)
    #expect(stakes == stakes.sorted(by: >))
    // The calibration of the data: the seven largest hold 75 %.
    let seven = stakes.prefix(7).reduce(UInt128(0)) { $0 + $1.wei }
    #expect(abs(Double(seven) / Double(Ether.eth(4_500_000).wei) - 0.75) < 1e-5)
  }

  @Test(arguments: [1, 2, 3] as [UInt64]) func membershipsFollowSeedAndNameAlone(_ seed: UInt64) throws {
    let text =
      "name: x\nseed: \(seed)\noperators: {count: 50, stakes: {zipf: {exponent: 1.2, total: 5000ETH}}}\nservices:\n"
    let both = try scenario(
      text + "  - {name: a, operators: 20}\n  - {name: b, operators: 30%, selection: uniform}\n")
    let alone = try scenario(text + "  - {name: b, operators: 30%, selection: uniform}\n")
    #expect(both.memberships()[1] == alone.memberships()[0])
    #expect(both.memberships()[0].count == 20)
    #expect(Set(both.memberships()[0]).count == 20)
    #expect(both.memberships()[0] == both.memberships()[0].sorted())
    #expect(both.memberships() == both.memberships())
  }

  /// By stake, the largest operators are members far more often than the smallest.
  @Test func selectionByStakePrefersTheLarge() throws {
    var first = 0
    var last = 0
    for seed in 0..<200 {
      let read = try scenario(
        "name: x\nseed: \(seed)\noperators: {count: 30, stakes: {zipf: {exponent: 1, total: 5000ETH}}}\nservices: [{name: a, operators: 5}]\n"
      )
      let members = read.memberships()[0]
      if members.contains(0) { first += 1 }
      if members.contains(29) { last += 1 }
    }
    #expect(first > 120)
    #expect(last < 40)
  }

  @Test func nodesComeInOrderOfRole() throws {
    let setting = try Scenario.load(here + "/Good/full.yaml").setting()
    #expect(setting.roles.prefix(40).allSatisfy { $0 == .operator })
    #expect(setting.roles[40..<44].allSatisfy { $0 == .watcher })
    #expect(setting.roles[44...].allSatisfy { $0 == .relay })
    #expect(setting.regionOf.count == 60)
    #expect(setting.watchers.allSatisfy { $0.count == 2 })
    for (members, magnitudes) in zip(setting.members, setting.magnitudes) {
      #expect(members.count == magnitudes.count)
    }
  }

  /// Each member of each service is linked with enough others, and the members' links connect them.
  @Test(arguments: 1...5 as ClosedRange<UInt64>) func topicsAreConnected(_ seed: UInt64) throws {
    var plan = try Scenario.load(here + "/Good/full.yaml")
    plan.seed = seed
    let setting = try plan.setting()
    let adjacency = Adjacency(setting.graph)
    for k in plan.services.indices {
      let topic = Set((setting.members[k] + setting.watchers[k] + setting.aggregators[k]).map(\.index))
      for v in topic {
        let peers = adjacency[v].filter { topic.contains(Int($0)) }.count
        #expect(peers >= min(9, topic.count - 1))
      }
      var reached: Set<Int> = []
      var queue = [topic.min()!]
      while let v = queue.popLast() {
        if reached.insert(v).inserted { queue += adjacency[v].map(Int.init).filter { topic.contains($0) } }
      }
      #expect(reached == topic)
    }
  }
}

@Suite struct QuantityTests {
  @Test(arguments: [
    ("250ms", 250_000_000), ("12s", 12_000_000_000), ("1.5s", 1_500_000_000), ("5m30s", 330_000_000_000),
    ("1h30m", 5_400_000_000_000), ("2d4h", 187_200_000_000_000), ("1_000ns", 1_000),
    ("1s500ms", 1_500_000_000),
  ])
  func durationsAreReadExactly(_ text: String, _ nanoseconds: UInt64) throws {
    let read = try Scenario.parse(
      file: "f", bytes: Array("name: x\nsettle: \(text)\n".utf8))
    #expect(read.settle.nanoseconds == nanoseconds)
  }

  @Test(arguments: ["30s5m", "5m5m", "5m30", "m", "1e3s", "5 m 3", "1h-3m", "٣s"])
  func otherTextsAreNot(_ text: String) {
    #expect(throws: FileError.self) {
      try Scenario.parse(file: "f", bytes: Array("name: x\nsettle: \(text)\n".utf8))
    }
  }

  @Test(arguments: [("67%", 670_000), ("66.7%", 667_000), ("0.0001%", 1), ("100%", 1_000_000)])
  func sharesAreExact(_ text: String, _ millionths: UInt64) throws {
    let read = try Scenario.parse(
      file: "f", bytes: Array("name: x\nnetwork: {links: {loss: \(text)}}\n".utf8))
    #expect(read.network.links.loss.wad == millionths * 1_000_000_000_000)
  }
}

@Suite struct RegionTests {
  /// The table that is built in is the one of the data file.
  @Test func ethereumIsTheDataFile() throws {
    let data = here + "/../../topologies/data/ethereum_regions.yaml"
    #expect(try RegionTable.named(data) == RegionTable.named("ethereum"))
  }

  @Test func rowsOfDurationsMakeATable() throws {
    let read = try Scenario.parse(
      file: "f",
      bytes: Array(
        "name: x\nnetwork: {regions: {names: [a, b], weights: [3, 1], latency: [[2ms, 10ms], [12ms, 3ms]]}}\n"
          .utf8))
    let table = try #require(read.network.regions)
    #expect(table.latency(from: 0, to: 1) == .milliseconds(10))
    #expect(table.latency(from: 1, to: 0) == .milliseconds(12))
    #expect(table.weights == [3, 1])
  }
}

@Suite struct ShippedScenarioTests {
  /// Every scenario that is shipped reads without a mistake, resolves, and expects something.
  @Test func allAreGood() throws {
    let directory = here + "/../../topologies"
    let names = try FileManager.default.contentsOfDirectory(atPath: directory).filter {
      $0.hasSuffix(".yaml")
    }
    #expect(names.count >= 10)
    for name in names.sorted() {
      let read = try Scenario.load(directory + "/" + name)
      #expect(!read.expect.isEmpty, "\(name)")
      let setting = try read.setting()
      #expect(setting.graph.isConnected, "\(name)")
      #expect(setting.faults.count == read.faults.count, "\(name)")
    }
  }
}
