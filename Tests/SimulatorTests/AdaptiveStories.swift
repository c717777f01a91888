// Adversaries that look before they act: each sees only what its own node saw, and what it sees decides what it does. The same on
// sockets: `ClusterTests/MoreEffectsOnSockets`.

import AVS
import Basics
import Reporting
import Runs
import Scenarios
import Testing

extension Conclusion {
  /// Tasks in which the operator committed it.
  fileprivate func tasks(of node: Int, _ offence: OffenceClass) -> [UInt64] {
    offences.filter { $0.operatorID.rawValue == UInt32(node) && $0.offenceClass == offence }.map(\.key)
      .sorted()
  }
  fileprivate func offenders(_ offence: OffenceClass) -> Set<Int> {
    Set(offences.filter { $0.offenceClass == offence }.map { Int($0.operatorID.rawValue) })
  }
  fileprivate func certified(_ seconds: ClosedRange<UInt64>) -> [Bool] {
    tasks.filter {
      (Instant.zero + .seconds(seconds.lowerBound)...Instant.zero + .seconds(seconds.upperBound))
        .contains($0.due)
    }.map { $0.certificateAt != nil }
  }
}

@Suite struct AdaptiveStories {
  /// Nine operators, a quorum of seven. Operator 0 is slow, so that it has heard the others when it signs: eight, and its vote
  /// is one more; while two are down six, and without it there is no certificate.
  @Test func whoseVoteDecidesWithholdsIt() throws {
    func run(_ adversaries: String) throws -> Conclusion {
      try story(
        """
        \(adversaries)
        faults:
          - {at: 0s, for: 20s, slowCPU: {nodes: ["0"], factor: 25}}
          - {at: 9500ms, for: 5s, crash: {nodes: ["1", "2"]}}
        """)
    }
    let honest = try run("")
    let pivotal = try run("adversaries: [{who: {operators: [0]}, do: silent, when: pivotal}]")
    let always = try run("adversaries: [{who: {operators: [0]}, do: silent}]")
    let outage: ClosedRange<UInt64> = 10...14
    #expect(honest.certified(outage).count >= 2 && honest.certified(outage).allSatisfy { $0 })
    #expect(pivotal.certified(outage).allSatisfy { !$0 }, "its vote was the seventh")
    func published(_ conclusion: Conclusion) -> Int {
      conclusion.attestations.count { $0.operatorID.rawValue == 0 && $0.publishedAt != nil }
    }
    // Elsewhere nobody needs it, and it signs.
    #expect(pivotal.certified(3...9).allSatisfy { $0 } && pivotal.certified(16...19).allSatisfy { $0 })
    #expect(published(pivotal) == published(honest) - honest.certified(outage).count)
    #expect(published(always) == 0)
  }

  /// Everybody would equivocate where no peer of its own watches. Some have no watcher beside them; the others behave.
  @Test func whoIsWatchedBehaves() throws {
    let text = "adversaries: [{who: {operators: [0, 1, 2, 3, 4, 5, 6, 7, 8]}, do: equivocate, from: 5s"
    let bold = try story(text + "}]")
    let sly = try story(text + ", when: unwatched}]")
    #expect(bold.offenders(.equivocation) == Set(0...8))
    let unwatched = sly.offenders(.equivocation)
    #expect(!unwatched.isEmpty && unwatched.count < 9, "\(unwatched)")
    // Gossip carries both halves to watchers further away all the same.
    #expect(sly.of(.equivocation).counts.truePositive > 0)
    #expect(sly.of(.equivocation).counts.falsePositive == 0)
  }

  /// It goes on until the chain tells it of a case, and not a task longer.
  @Test func whoIsAccusedStops() throws {
    let text = "adversaries: [{who: {operators: [4]}, do: equivocate, from: 3s"
    let bold = try story(text + "}]")
    let sly = try story(text + ", when: unaccused}]")
    let first = try #require(sly.slashes.filter { $0.operatorID == NodeID(4) }.map(\.requestedAt).min())
    let wrong = sly.tasks(of: 4, .equivocation)
    #expect(!wrong.isEmpty && wrong.count < bold.tasks(of: 4, .equivocation).count)
    for key in wrong { #expect(sly.tasks[Int(key)].due <= first + .seconds(1)) }
    let honest = sly.attestations.filter {
      $0.operatorID == NodeID(4) && sly.tasks[$0.task.index].due > first + .seconds(1)
    }
    #expect(honest.count >= 2 && honest.allSatisfy { $0.publishedAt != nil })
  }

  /// All of a list must be seen.
  @Test func severalConditionsAreAllNeeded() throws {
    let sly = try story(
      "adversaries: [{who: {operators: [0, 1, 2, 3, 4, 5, 6, 7, 8]}, do: equivocate, from: 5s, when: [unwatched, pivotal]}]"
    )
    let unwatched = try story(
      "adversaries: [{who: {operators: [0, 1, 2, 3, 4, 5, 6, 7, 8]}, do: equivocate, from: 5s, when: unwatched}]"
    )
    #expect(sly.offenders(.equivocation).isSubset(of: unwatched.offenders(.equivocation)))
    #expect(sly.of(.equivocation).offences < unwatched.of(.equivocation).offences)
  }

  /// Five of nine hold no quorum of seven: they do not even try. With two more who sign the same, and whom they hear, they do.
  @Test func colludersLieWhereTheyCanWin() throws {
    let five = "{who: {operators: [0, 1, 2, 3, 4]}, do: wrongQuorum}"
    let weak = try story("adversaries: [\(five)]")
    #expect(weak.of(.invalidResult).offences == 0 && weak.summary.tasks.wrong == 0)
    let strong = try story(
      """
      adversaries:
        - \(five)
        - {who: {operators: [5, 6]}, do: invalidResult, from: 3s}
      faults:
        - {at: 0s, for: 20s, slowCPU: {nodes: ["0", "1", "2", "3", "4"], factor: 25}}
      """)
    #expect(strong.summary.tasks.wrong >= 3)
    #expect(strong.offenders(.invalidResult) == Set(0...6))
    let seven = try story(
      "adversaries: [{who: {operators: [0, 1, 2, 3, 4, 5, 6]}, do: wrongQuorum, probability: 50%}]")
    // They agreed on when as well: all or none.
    let byTask = Dictionary(grouping: seven.offences.filter { $0.offenceClass == .invalidResult }, by: \.key)
    #expect(byTask.count >= 2 && byTask.count < seven.tasks.count)
    for (_, list) in byTask { #expect(list.count >= 6, "a member may have heard of a task too late") }
  }
}
