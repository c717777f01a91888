// What was due for an offence: the rule's share, by the truth, of what earlier rightful slashes left.

import AVS
import Basics
import Reporting
import Testing

@testable import Runs

private let ether: UInt128 = 1_000_000_000_000_000_000
private let liveness = "- {offence: liveness, window: 4s, threshold: 40%, guard: {othersSigned: 60%}, "
private let blind = "{at: 0s, for: 20s, crash: {nodes: {role: watcher}}}"

/// What was due for an operator's offences of a class, in order of time.
private func dues(_ conclusion: Conclusion, _ operatorID: Int, _ offence: OffenceClass) -> [UInt128] {
  conclusion.offences.filter { $0.operatorID == NodeID(operatorID) && $0.offenceClass == offence }
    .sorted { ($0.at, $0.key) < ($1.at, $1.key) }.map(\.dueWei)
}

@Suite struct DueStories {
  /// Each slash takes a fifth of what the last one left, and that is what was due: nothing is over-slashed, not even where quorums
  /// count less of an asset than it is worth.
  @Test(arguments: ["", "assets: [{name: ETH, kind: native, haircut: 10%}]"])
  func slashesInARowAreDueWhatTheyTake(assets: String) throws {
    let conclusion = try story(
      "adversaries: [{who: {operators: [1]}, do: silent, from: 4s}]",
      rules: liveness + "penalty: 20%, dispute: 5m}", network: assets)
    let slashes = conclusion.slashes.filter { $0.state == .executed }.sorted { $0.key < $1.key }
    #expect(slashes.map(\.takenWei) == [200 * ether, 160 * ether, 128 * ether, 102_400 * ether / 1_000])
    #expect(slashes.map(\.dueWei) == slashes.map(\.takenWei))
    #expect(dues(conclusion, 1, .liveness) == slashes.map(\.takenWei))
    let accuracy = conclusion.accuracy
    #expect(accuracy.micro.precision == 1 && accuracy.amountErrorMean == 0)
    #expect(accuracy.amounts.overSlashed == 0 && accuracy.amounts.underSlashed == 0)
  }

  /// Nobody can owe more than it has, however often it gets away.
  @Test(arguments: [(share: "100%", first: 1_000), (share: "50%", first: 500)])
  func whatNobodySlashedIsDueOnce(share: String, first: Int) throws {
    let conclusion = try story(
      "faults: [\(blind)]\nadversaries: [{who: {operators: [2]}, do: equivocate, from: 4s}]",
      rules: "- {offence: equivocation, penalty: \(share), dispute: 5m}")
    let due = dues(conclusion, 2, .equivocation)
    #expect(due.count > 5 && conclusion.slashes.isEmpty)
    #expect(due[0] == UInt128(first) * ether && due[1] == due[0] * (1_000 - UInt128(first)) / 1_000)
    #expect(conclusion.accuracy.amounts.due <= 1_000 * ether)
    #expect(conclusion.accuracy.amounts.underSlashed == conclusion.accuracy.amounts.due)
  }

  /// An offence whose case is never executed is due what its punished twin is, by severity too.
  @Test func theUnpunishedAreDueWhatTheirTwinsAre() throws {
    let adversaries = """
      adversaries:
        - {who: {operators: [1]}, do: silent, from: 5s, until: 7s}
        - {who: {operators: [3]}, do: silent, from: 8s, until: 16s}
      """
    func run(_ dispute: String) throws -> Conclusion {
      try story(adversaries, rules: liveness + "penalty: {proportional: 10%}, dispute: \(dispute)}")
    }
    let punished = try run("5m")
    let pending = try run("20d")
    #expect(dues(punished, 1, .liveness) == [50 * ether])
    #expect(dues(punished, 3, .liveness) == [100 * ether, 90 * ether])
    #expect(punished.accuracy.micro.truePositive == 3 && pending.accuracy.micro.falseNegative == 3)
    for node in [1, 3] {
      #expect(dues(pending, node, .liveness) == dues(punished, node, .liveness))
    }
  }

  /// Three of nine at once, and the chain saw none: the correlated share counts all three all the same.
  @Test func theGuiltyOfTheTruthCount() throws {
    let conclusion = try story(
      "faults: [\(blind)]\nadversaries: [{who: {operators: [1, 4, 6]}, do: equivocate, from: 9s, until: 11s}]",
      rules:
        "- {offence: equivocation, penalty: {correlated: {base: 1%, multiplier: 1, window: 1h}}, dispute: 5m}"
    )
    #expect(conclusion.accuracy.micro.falseNegative == 3)
    for node in [1, 4, 6] {
      #expect(dues(conclusion, node, .equivocation) == [333_333_333_333_333_333_000])
    }
  }

  /// A missed offence makes nothing of what was rightly taken an excess.
  @Test func whatWasMissedLessensNoRightfulSlash() {
    let stake = ExposedStake(layer: 1_000)
    let half: UInt64 = 500_000_000_000_000_000
    var book = DueBook()
    #expect(book.execute(half, of: stake, at: 5, in: 20) == 500)
    // The reference block of this one lies after the slash: the table knows of it.
    #expect(book.execute(half, of: ExposedStake(layer: 500), at: 21, in: 30) == 250)
    #expect(book.execute(half, of: stake, at: 6, in: 30) == 125)
    #expect(book.miss(half, of: stake, at: 4, in: 10) == 500)
    #expect(book.miss(half, of: stake, at: 4, in: 25) == 125)
  }

  /// A vault pays its share of what was there, as long as there is any.
  @Test func vaultsPayOfWhatWasCaptured() {
    let stake = ExposedStake(layer: 100, vaults: 100)
    var book = DueBook()
    let share: UInt64 = 400_000_000_000_000_000
    #expect((0..<3).map { book.execute(share, of: stake, at: 5, in: 20 + $0) } == [80, 64, 34])
  }

  /// Counting on from the last answer gives what counting anew gives.
  @Test(arguments: 1...20 as ClosedRange<UInt64>) func theGuiltyAreCountedAlike(seed: UInt64) {
    var stream = RandomStream(seed: seed)
    let offenders = (0..<60).map { _ in
      Guilty.Offender(
        at: .zero + .seconds(stream.next() % 50), node: NodeID(Int(stream.next() % 7)),
        stake: UInt128(stream.next() % 90))
    }.sorted { $0.at < $1.at }
    var guilty = Guilty(offenders)
    for _ in 0..<80 {
      let at = Instant.zero + .seconds(stream.next() % 50)
      let window = TimeSpan.seconds(stream.next() % 30)
      let until = at + .seconds(stream.next() % 10)
      var largest: [UInt128] = Array(repeating: 0, count: 7)
      for one in offenders where max(one.at - at, at - one.at) <= window && one.at <= until {
        largest[one.node.index] = max(largest[one.node.index], one.stake)
      }
      #expect(guilty.stake(around: at, within: window, until: until) == largest.reduce(0, +))
    }
  }
}
