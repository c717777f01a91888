// Strong safety: who is insured and was harmed by a wrong result is paid out of the stake that slashes redistributed. After Deb,
// Raynor and Kannan, "STAKESURE" (2024); the division is `Risk/StrongSafety`.

import Basics
import Contracts
import Exact
import Participants
import Reporting
import Risk
import Economy

extension Record {
  /// Settles every service's insurance by what happened: its wrongly certified tasks are the claims, what its slashes redistributed
  /// is the pot. Nil when nobody is insured.
  func insurance(_ coordinator: Coordinator) -> RunSummary.Insurance? {
    var sum: RunSummary.Insurance?
    for (index, terms) in coordinator.configuration.economy.services.enumerated() {
      guard let insured = terms.insurance else { continue }
      let service = ServiceID(index)
      let wrong = zip(schedule.tasks, tasks).count { $0.service == service && $1.isWrong }
      let pot = slashes.reduce(UInt128(0)) { $1.service == service ? $0 + $1.redistributedWei : $0 }
      let claim = InsuranceClaim(harm: Rational(insured.harm), cover: Rational(insured.cover))
      let settled = InsuranceSettlement(
        slashed: Rational(pot), redistributableShare: .one,
        claims: Array(repeating: claim, count: wrong))
      var total = sum ?? RunSummary.Insurance()
      total.claims += wrong
      total.harmWei += insured.harm * UInt128(wrong)
      total.dueWei += settled.due.amount ?? 0
      total.potWei += pot
      // Parts round down: a wei a claim stays in the pot.
      total.paidWei += settled.paid.reduce(UInt128(0)) { $0 + ($1.amount ?? 0) }
      total.isStronglySafe = total.isStronglySafe && settled.isStronglySafe
      sum = total
    }
    return sum
  }
}
