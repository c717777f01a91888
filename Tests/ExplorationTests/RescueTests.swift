// What would have saved an operator, worked out by hand. The rule: more than half of a window missed, no guard, no grace.

import AVS
import Basics
import Contracts
import Testing

@testable import Runs

private let included = RecordedDuty(isCertified: true, isIncluded: true, others: 90, othersSigned: 80)
private let missed = RecordedDuty(isCertified: true, isIncluded: false, others: 90, othersSigned: 80)
private let uncertified = RecordedDuty(isCertified: false, isIncluded: false)

private func changes(
  _ windows: [[RecordedDuty]], of number: Int = 0, guardBips: UInt64? = nil, threshold: UInt64 = 5_000
) -> [String] {
  let rule = SlashingRule(
    offence: .liveness, evidence: .chainRecord, window: .seconds(10), thresholdBips: threshold,
    guardShareBips: guardBips, penalty: .fixed(wad: 1))
  return Rescue(rule: rule, windows: windows).changes(number)
}

@Suite struct RescueTests {
  @Test func whoBrokeNothingNeedsNoRescue() {
    #expect(changes([[included, missed]]).isEmpty)
    #expect(changes([[missed, missed, included]], threshold: 6_667).isEmpty)
  }

  @Test func aThresholdIsThatOfTheMisses() {
    let found = changes([[missed, missed, included], [missed, missed]])
    #expect(found.contains("a threshold of 66.67 % (it missed 2 of 3)"))
    // All of them is more than any threshold.
    #expect(!changes([[missed, missed]]).contains { $0.contains("threshold") })
  }

  @Test func aGuardThatCountsCertifiedTasksAlone() {
    #expect(
      changes([[uncertified, uncertified, included]]).contains {
        $0.hasPrefix("any guard (of 3 tasks 1 were certified")
      })
    #expect(changes([[uncertified, uncertified]]).contains("any guard (none of 2 tasks was certified)"))
    // The others signed 80 of 90: any guard up to there accuses, and above it none does.
    let found = changes([[missed, missed]], guardBips: 5_000)
    #expect(found == ["a guard above 88.88 %, which is what the others signed"])
  }

  @Test func aGraceLastsLongerThanTheBreach() {
    let away = [missed, missed], back = [included, included]
    #expect(
      changes([back, away, back], of: 1).contains("a grace of more than 0s (the breach lasted one window)"))
    #expect(
      changes([back, away, away, away, back], of: 2).contains(
        "a grace of more than 20s (the breach lasted 3 windows in a row)"))
    // Nobody knows how long it would have gone on.
    #expect(!changes([back, away, away], of: 1).contains { $0.contains("grace") })
  }

  /// Three of four came in time, and 100, 200 and 900 ms after the quorum: two of them are enough.
  @Test func certificatesThatWait() {
    func late(_ milliseconds: UInt64) -> RecordedDuty {
      var duty = missed
      duty.behindQuorum = .milliseconds(milliseconds)
      return duty
    }
    let found = changes([[late(900), late(100), missed, late(200)]])
    #expect(
      found.contains(
        "certificates that wait 200ms beyond the quorum (it was there by then in 2 of its misses)"))
    #expect(!changes([[late(100), missed, missed, missed]]).contains { $0.contains("wait") })
  }

  @Test func aQuorumThatTheWrongWouldNotHaveHad() {
    var wrong = missed
    wrong.wrongBips = 7_100
    let found = changes([[wrong, wrong, included]], guardBips: 1_000)
    #expect(found.contains("a quorum above 71 % (2 certificates of a wrong result had so much)"))
  }
}
