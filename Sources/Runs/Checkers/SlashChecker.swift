// Executed slashes against the truth and against the accounts, when both are complete.
//
//   objective-slashes-have-offences  nobody was slashed for a class that a contract convinces itself of without having done
//                                    it.
//   slashes-are-borne                what each slash took, holders of stake lost, but for rounding.

import AVS
import Basics
import Reporting

enum SlashChecker {
  static let objective = "objective-slashes-have-offences"
  static let borne = "slashes-are-borne"

  /// Classes that a contract convinces itself of.
  static let objectiveClasses: [OffenceClass] = [
    .equivocation, .surround, .invalidResult, .lazyCopy, .wrongQuorum, .forgedEvidence, .griefing,
  ]
}

extension Checkers {
  /// `isExplained`: whether the truth has the offence that a slash is for, or no contract judged it.
  mutating func judgeObjective(_ slashes: [SlashRecord], isExplained: (SlashRecord) -> Bool) {
    for slash in slashes
    where slash.state == .executed && SlashChecker.objectiveClasses.contains(slash.offenceClass)
      && !isExplained(slash)
    {
      breaches.add(
        SlashChecker.objective, slash.executedAt ?? slash.requestedAt,
        "node \(slash.operatorID.rawValue) was slashed for \(slash.offenceClass.rawValue) and did nothing of the kind"
      )
    }
  }

  /// - Parameters:
  ///   - borne: by position in `slashes`, what holders of stake lost by it, in wei.
  ///   - holdings: accounts among which losses are spread: each rounds by a few units, and by 10^-18 of itself.
  mutating func judgeAccounts(_ slashes: [SlashRecord], borne: [UInt32: UInt128], holdings: Int) {
    for (index, slash) in slashes.enumerated() where slash.state == .executed {
      let lost = borne[UInt32(index)] ?? 0
      let gap = lost > slash.takenWei ? lost - slash.takenWei : slash.takenWei - lost
      let room = UInt128(holdings + 16) * (16 + slash.takenWei / 100_000_000_000_000_000)
      guard gap > room else { continue }
      breaches.add(
        SlashChecker.borne, slash.executedAt ?? slash.requestedAt,
        "slash \(index) of node \(slash.operatorID.rawValue) took \(slash.takenWei) wei, \(lost) are accounted for"
      )
    }
  }
}
