// Slash accuracy by hand: every way in which a decision can differ from the truth.

import AVS
import Basics
import Testing

@testable import Reporting

@Suite struct SlashAccuracyTests {
  private func offence(
    _ operatorID: Int, _ offenceClass: OffenceClass, key: UInt64 = 1, at: Double = 10, violated: Bool = true,
    culpable: Bool = true, observable: Bool = true, seen: Double? = nil, due: UInt128 = 100
  ) -> OffenceRecord {
    OffenceRecord(
      operatorID: NodeID(operatorID), service: ServiceID(0), offenceClass: offenceClass, key: key,
      at: Sample.seconds(at),
      violated: violated, culpable: culpable, observable: observable, evidenceAt: seen.map(Sample.seconds),
      dueWei: due)
  }

  private func slash(
    _ operatorID: Int, _ offenceClass: OffenceClass, key: UInt64 = 1, at: Double = 20,
    state: SlashState = .executed,
    taken: UInt128 = 100, burned: UInt128 = 0, redistributed: UInt128 = 0, collateral: UInt128 = 0
  ) -> SlashRecord {
    SlashRecord(
      operatorID: NodeID(operatorID), service: ServiceID(0), offenceClass: offenceClass, key: key,
      requestedAt: Sample.seconds(at - 5), executedAt: state == .executed ? Sample.seconds(at) : nil,
      state: state, dueWei: 100, takenWei: state == .executed ? taken : 0, burnedWei: burned,
      redistributedWei: redistributed, collateralWei: collateral)
  }

  private func of(_ offenceClass: OffenceClass, in accuracy: SlashAccuracy) -> SlashAccuracy.Class {
    accuracy.classes.first { $0.offenceClass == offenceClass }!
  }

  @Test func theSecondSlashForOneOffenceIsAFalsePositive() {
    let a = SlashAccuracy(
      offences: [offence(1, .equivocation)],
      slashes: [slash(1, .equivocation, at: 30, taken: 60), slash(1, .equivocation, at: 20, taken: 100)])
    #expect(a.micro == .init(truePositive: 1, falsePositive: 1, falseNegative: 0))
    // The earlier one, though listed second, is the true one.
    #expect(a.slashVerdicts == [.falsePositive, .truePositive])
    #expect(a.slashOffences == [nil, 0])
    #expect(of(.equivocation, in: a).timeToSlash.p50 == 10)
    #expect(a.amounts.overSlashed == 60)
    #expect(a.amounts.honestLoss == 0)  // Unjust, but not to the honest.
    #expect(a.wrongClass == 0)
    #expect(a.confusion.noOffence[0] == 1)
  }

  @Test func aWrongClassIsAFalsePositiveAndAFalseNegative() {
    let a = SlashAccuracy(
      offences: [offence(1, .invalidResult, due: 50)], slashes: [slash(1, .equivocation)],
      classes: [.equivocation, .invalidResult])
    #expect(a.micro == .init(truePositive: 0, falsePositive: 1, falseNegative: 1))
    #expect(a.wrongClass == 1)
    #expect(a.confusion.matrix == [[0, 0, 0], [1, 0, 0]])
    #expect(a.confusion.noOffence == [0, 0])
    #expect(a.slashVerdicts == [.wrongClass])
    #expect(a.slashOffences == [0])
    #expect(a.offenceVerdicts == [.falseNegative])
    #expect(a.amounts.due == 50)
    #expect(a.amounts.overSlashed == 100)
    #expect(a.amounts.underSlashed == 50)
  }

  @Test func vetoedPendingDisputedAndExpiredPunishNobody() {
    let a = SlashAccuracy(
      offences: [offence(1, .liveness), offence(2, .liveness), offence(3, .liveness), offence(4, .liveness)],
      slashes: [
        slash(1, .liveness, state: .vetoed), slash(2, .liveness, state: .pending),
        slash(3, .liveness, state: .disputed), slash(4, .liveness, state: .expired),
      ])
    let liveness = of(.liveness, in: a)
    #expect(liveness.counts == .init(truePositive: 0, falsePositive: 0, falseNegative: 4))
    #expect((liveness.vetoed, liveness.pending, liveness.disputed, liveness.expired) == (1, 1, 1, 1))
    #expect(liveness.counts.precision == nil)
    #expect(liveness.counts.recall == 0)
    #expect(a.slashVerdicts == Array(repeating: .notExecuted, count: 4))
    #expect(a.amounts.taken == 0)
    #expect(a.amounts.underSlashed == 400)
    let row = OffenceClass.allCases.firstIndex(of: .liveness)!
    #expect(a.confusion.matrix[row].last == 4)
  }

  @Test func theUnobservableAreMissedAndCountedApart() {
    let a = SlashAccuracy(
      offences: [
        offence(1, .equivocation, observable: false), offence(2, .equivocation, seen: 13),
        offence(3, .equivocation, seen: 11),
      ],
      slashes: [slash(2, .equivocation), slash(3, .equivocation)])
    let c = of(.equivocation, in: a)
    #expect(c.unobservable == 1)
    #expect(c.counts.falseNegative == 1)
    #expect(c.counts.recall == 2.0 / 3)
    #expect(c.timeToEvidence.p50 == 1)
    #expect(c.timeToEvidence.max == 3)
  }

  @Test func aCrashIsAViolationWithoutMalice() {
    let a = SlashAccuracy(
      offences: [offence(1, .liveness, culpable: false), offence(2, .liveness)],
      slashes: [slash(1, .liveness), slash(2, .liveness)])
    #expect(a.micro == .init(truePositive: 2, falsePositive: 0, falseNegative: 0))
    #expect(a.culpable == .init(truePositive: 1, falsePositive: 1, falseNegative: 0))
    #expect(of(.liveness, in: a).culpable == 1)
    #expect(a.amounts.honestLoss == 100)
  }

  @Test func anIntentThatBrokeNoRuleIsNoOffence() {
    let a = SlashAccuracy(
      offences: [offence(1, .late, violated: false)], slashes: [slash(1, .late)])
    #expect(a.micro == .init(truePositive: 0, falsePositive: 1, falseNegative: 0))
    #expect(a.culpable == .init(truePositive: 0, falsePositive: 1, falseNegative: 0))
    #expect(a.offenceVerdicts == [.noViolation])
    #expect(a.amounts.due == 0)
    #expect(a.amounts.honestLoss == 100)
  }

  @Test func theSameKeyElsewhereIsAnotherCase() {
    let here = offence(1, .equivocation)
    var elsewhere = slash(1, .equivocation)
    elsewhere.service = ServiceID(1)
    let a = SlashAccuracy(offences: [here], slashes: [elsewhere, slash(1, .equivocation, key: 2)])
    #expect(a.micro == .init(truePositive: 0, falsePositive: 2, falseNegative: 1))
    #expect(a.wrongClass == 0)
  }

  /// A window and a task have nothing to do with each other because their numbers are alike.
  @Test func aWindowIsAboutItsTasks() {
    var window = slash(1, .liveness, key: 3)
    window.tasks = 12...15
    // Task 3 lies elsewhere; the honest operator lost it all.
    let apart = SlashAccuracy(offences: [offence(1, .invalidResult, key: 3)], slashes: [window])
    #expect(apart.slashVerdicts == [.falsePositive] && apart.wrongClass == 0)
    #expect(apart.amounts.honestLoss == 100)
    // Task 14 lies inside: another offence than the one that it was slashed for.
    let inside = SlashAccuracy(
      offences: [offence(1, .invalidResult, key: 99), offence(1, .invalidResult, key: 14)], slashes: [window])
    #expect(inside.slashVerdicts == [.wrongClass] && inside.wrongClass == 1)
    #expect(inside.slashOffences == [1] && inside.amounts.honestLoss == 0)
    // The other way round.
    var silence = offence(1, .liveness, key: 3)
    silence.tasks = 12...15
    let task = SlashAccuracy(
      offences: [silence], slashes: [slash(1, .equivocation, key: 3), slash(1, .equivocation, key: 12)])
    #expect(task.slashVerdicts == [.falsePositive, .wrongClass])
  }

  @Test func theInnocentAreCountedWhereTheyCanBe() {
    let a = SlashAccuracy(
      offences: [offence(1, .liveness), offence(2, .liveness)],
      slashes: [slash(1, .liveness), slash(3, .liveness), slash(3, .griefing)],
      populations: [.liveness: 20, .late: 5])
    #expect(of(.liveness, in: a).trueNegative == 17)
    #expect(of(.liveness, in: a).falsePositiveRate == 1.0 / 18)
    #expect(of(.late, in: a).trueNegative == 5 && of(.late, in: a).falsePositiveRate == 0)
    #expect(of(.griefing, in: a).trueNegative == nil && of(.griefing, in: a).falsePositiveRate == nil)
  }

  @Test func amountsBalance() {
    let a = SlashAccuracy(
      offences: [offence(1, .late, due: 100), offence(2, .late, due: 100), offence(3, .late, due: 70)],
      slashes: [
        slash(1, .late, taken: 130, burned: 100, redistributed: 30, collateral: 25),
        slash(2, .late, taken: 40, burned: 40), slash(9, .late, taken: 11, burned: 11),
      ])
    #expect(a.amounts.due == 270)
    #expect(a.amounts.taken == 181)
    #expect(a.amounts.overSlashed == 30 + 11)
    #expect(a.amounts.underSlashed == 60 + 70)
    #expect(a.amounts.due + a.amounts.overSlashed == a.amounts.taken + a.amounts.underSlashed)
    #expect(a.amounts.honestLoss == 25 + 11)
    #expect(a.amounts.burned == 151)
    #expect(a.amounts.redistributed == 30)
    #expect(abs(a.amountErrorMean! - (0.3 + 0.6) / 2) < 1e-12)
  }

  @Test func wilsonIntervalsAreThePublishedOnes() throws {
    // Newcombe 1998, table I, method 3 (score): 81/263 and 0/20.
    let common = try #require(wilsonInterval(successes: 81, trials: 263))
    #expect(abs(common.lowerBound - 0.2553) < 5e-5)
    #expect(abs(common.upperBound - 0.3662) < 5e-5)
    let none = try #require(wilsonInterval(successes: 0, trials: 20))
    #expect(none.lowerBound == 0)
    #expect(abs(none.upperBound - 0.1611) < 5e-5)
    #expect(wilsonInterval(successes: 20, trials: 20)?.upperBound == 1)
    #expect(wilsonInterval(successes: 0, trials: 0) == nil)
  }

  /// Whatever is thrown at it: rows of the matrix add up to the offences, decisions to the slashes, amounts balance.
  @Test(arguments: 1...40 as ClosedRange<UInt64>) func countsAddUp(seed: UInt64) {
    var stream = RandomStream(seed: seed)
    let classes: [OffenceClass] = [.equivocation, .invalidResult, .liveness, .late]
    func pick(_ n: UInt64) -> Int { Int(stream.next() % n) }
    let offences = (0..<pick(40)).map { _ in
      offence(
        pick(6), classes[pick(4)], key: UInt64(pick(4)), at: Double(pick(100)), violated: pick(5) > 0,
        culpable: pick(2) == 0, observable: pick(3) > 0, due: UInt128(pick(200)))
    }
    let slashes = (0..<pick(40)).map { _ in
      slash(
        pick(6), classes[pick(4)], key: UInt64(pick(4)), at: Double(5 + pick(200)),
        state: SlashState.allCases[pick(5)], taken: UInt128(pick(200)))
    }
    let a = SlashAccuracy(offences: offences, slashes: slashes)
    let violated = offences.count { $0.violated }
    let executed = slashes.count { $0.state == .executed }
    #expect(a.micro.truePositive + a.micro.falseNegative == violated)
    #expect(a.micro.truePositive + a.micro.falsePositive == executed)
    #expect(a.culpable.truePositive + a.culpable.falsePositive == executed)
    #expect(a.culpable.truePositive <= a.micro.truePositive)
    #expect(a.confusion.matrix.joined().reduce(0, +) == violated)
    for (row, one) in zip(a.confusion.matrix, a.classes) { #expect(row.reduce(0, +) == one.offences) }
    #expect(
      a.confusion.matrix.map { $0.dropLast().reduce(0, +) }.reduce(0, +) + a.confusion.noOffence.reduce(0, +)
        == executed)
    #expect(a.amounts.due + a.amounts.overSlashed == a.amounts.taken + a.amounts.underSlashed)
    // The order in which the lists arrive decides nothing that has a time of its own.
    let reversed = SlashAccuracy(offences: offences.reversed(), slashes: slashes.reversed())
    #expect(reversed.micro == a.micro)
  }
}
