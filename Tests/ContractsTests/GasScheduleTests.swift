// Gas figures are what they say they are made of.

import AVS
import Basics
import Contracts
import Testing

@Suite struct GasScheduleTests {
  private typealias Counts = GasSchedule.Counts
  private let schedule = GasSchedule()

  /// Whether `figure` is `counted` within `bips` of it.
  private func isNear(_ figure: UInt64, _ counted: UInt64, bips: UInt64) -> Bool {
    max(figure, counted) - min(figure, counted) <= counted * bips / 10_000
  }

  @Test func everyStakeActionIsItsCountRounded() {
    let staker = AccountID(0)
    let actions: [(StakeAction, GasCount)] = [
      (.deposit(staker: staker, strategy: StrategyID(0), amount: 1), Counts.deposit),
      (.delegate(staker: staker, operator: NodeID(0)), Counts.delegate),
      (.undelegate(staker: staker), Counts.undelegate),
      (.queueWithdrawal(staker: staker, strategy: StrategyID(0), depositShares: 1), Counts.queueWithdrawal),
      (.completeWithdrawal(staker: staker, WithdrawalID(0), asTokens: true), Counts.completeWithdrawal),
      (.register(ServiceID(0)), Counts.register), (.deregister(ServiceID(0)), Counts.deregister),
      (.allocate(ServiceID(0), strategy: StrategyID(0), magnitude: 1), Counts.allocate),
    ]
    for (action, count) in actions {
      #expect(schedule.gas(of: action) == (count.gas + 5_000) / 10_000 * 10_000, "\(action)")
      #expect(schedule.gas(of: .stake(action)) == 21_000 + schedule.gas(of: action))
    }
    #expect(Counts.firstDeposit.gas > Counts.deposit.gas)
  }

  @Test func theOtherFiguresLieWithinTheirCounts() {
    #expect(isNear(schedule.evidence, Counts.evidence.gas, bips: 600))
    #expect(isNear(schedule.createTask, Counts.createTask.gas, bips: 600))
    #expect(schedule.createTask > Counts.createTaskHash.gas)
    #expect(isNear(schedule.dispute, Counts.dispute.gas, bips: 600))
    #expect(Counts.join.gas < schedule.join && schedule.join < Counts.firstJoin.gas)
    #expect(Counts.slash.gas < schedule.slash && schedule.slash < Counts.firstSlash.gas)
    #expect(isNear(schedule.slash, Counts.slash.gas, bips: 600))
    #expect(isNear(schedule.clearSlash, Counts.clearSlash.gas, bips: 200))
  }

  @Test func signaturesOfTheSchemeAreInEvidence() {
    let recoveries: UInt64 = 6_000
    for (signers, check) in [(GasSchedule.Signers.bn254, 123_000), (.bls12381, 151_100)] {
      let schedule = GasSchedule(signers)
      let more = 2 * UInt64(check) - recoveries
      #expect(isNear(schedule.evidence, Counts.evidence.gas + more, bips: 100))
      #expect(isNear(schedule.dispute, Counts.dispute.gas + more, bips: 100))
    }
  }

  @Test func oneFigureForAllReplacesEach() {
    var schedule = GasSchedule()
    schedule.stakeAction = 7
    #expect(schedule.gas(of: .register(ServiceID(0))) == 7 && schedule.completeWithdrawal == 7)
  }

  @Test func whatComesBackIsAFifthAtMost() {
    let count = GasCount(updates: 10, cleared: 10)
    let kept = GasCount(updates: 10).gas
    #expect(count.gas == kept - (kept + 21_000) / 5)
    #expect(GasCount(updates: 10, cleared: 1).gas == kept - 4_800)
  }

  @Test func everyFigureSaysWhereItComesFrom() {
    for figure in GasSchedule.Figure.allCases { #expect(!figure.derivation.isEmpty) }
  }
}
