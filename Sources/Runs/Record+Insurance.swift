// Strong safety: whether those who are insured and were harmed by a wrong result were paid. What the chain paid is read off its pots; what
// was owed comes from the truth, so that a wrong result that nobody proved counts as harm that nobody made good.
//
// After Deb, Raynor and Kannan, "STAKESURE" (2024).

import Basics
import Contracts
import Economy
import Participants
import Reporting

extension Record {
  /// All insured services together; nil when nobody is insured.
  func insurance(_ coordinator: Coordinator) -> RunSummary.Insurance? {
    var sum: RunSummary.Insurance?
    let prices = coordinator.economy?.prices ?? []
    for (index, pool) in coordinator.insurance.enumerated() {
      guard let pool else { continue }
      let service = ServiceID(index)
      let wrong = zip(schedule.tasks, tasks).count { $0.service == service && $1.isWrong }
      let owed = min(pool.terms.harm, pool.terms.cover) * UInt128(wrong)
      var total = sum ?? RunSummary.Insurance()
      total.claims += pool.claims.count
      total.unproven += wrong - min(wrong, pool.claims.count)
      total.harmWei += pool.terms.harm * UInt128(wrong)
      total.dueWei += owed
      total.potWei += pool.slashedWei
      total.premiumWei += pool.premiumWei
      total.paidWei += pool.paidWei
      for (k, tokens) in pool.tokens.enumerated() where k < prices.count {
        total.leftWei += value(tokens, at: prices[k])
      }
      total.isStronglySafe = total.isStronglySafe && pool.paidWei >= owed
      sum = total
    }
    return sum
  }
}
