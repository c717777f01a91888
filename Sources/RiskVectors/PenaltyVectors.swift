// Vectors of correlated penalties, insurance by slashed stake, and contradicting votes.

import AVS
import Basics
import Contracts
import Exact
import Risk
import Signatures
import Vectors

enum PenaltyVectors {
  static func ethereum(_ input: Reader, _ expect: Reader) throws(UnreadableVector) -> Computed {
    let balance = try input["effective_balance_gwei"].amount()
    let slashed = try input["slashed_in_window_gwei"].amount()
    let total = try input["total_active_gwei"].amount()
    var got: [String: Computed] = [:]
    for fork in EthereumSlashing.Fork.allCases {
      let penalty = EthereumSlashing(
        effectiveBalance: balance, slashedInWindow: slashed, totalActive: total, fork: fork)
      got[fork.rawValue] = .record([
        "initial": .exact(penalty.initial), "correlation": .exact(penalty.correlation),
      ])
    }
    return .record(got)
  }

  static func antiCorrelation(_ input: Reader, _ expect: Reader) throws(UnreadableVector) -> Computed {
    let total = try input["total_active_balance"].amount()
    var penalty = AntiCorrelationPenalty(netExcess: try input["net_excess_initial"].amount())
    var factors: [Computed] = []
    var excesses: [Computed] = []
    for slot in input["non_attesting"].items {
      factors.append(.exact(penalty.slot(nonAttesting: try slot.amount(), total: total)))
      excesses.append(.exact(penalty.netExcess))
    }
    return .record(["penalty_factor": .list(factors), "net_excess": .list(excesses)])
  }

  /// The exact share; and the court, which takes it as a WAD rounded down, must agree.
  static func correlated(_ input: Reader, _ expect: Reader) throws(UnreadableVector) -> Computed {
    let base = try input["base"].rational()
    let multiplier = try input["multiplier"].rational()
    let share = try input["correlated_share"].rational()
    let exact = correlatedPenaltyShare(base: base, multiplier: multiplier, correlatedShare: share)
    let whole = Rational(wad)
    if let baseWad = (base * whole).amount.flatMap({ UInt64(exactly: $0) }), multiplier.denominator == 1,
      let times = UInt64(exactly: multiplier.numerator), let guilty = UInt128(exactly: share.numerator),
      let total = UInt128(exactly: share.denominator)
    {
      let taken = Court.correlatedPenalty(baseWad: baseWad, multiplier: times, guilty: guilty, total: total)
      guard UInt128(taken) == max(1, (exact * whole).amount ?? 0) else {
        throw UnreadableVector(reason: "the court takes \(taken) of 10^18, the rule says \(exact)")
      }
    }
    return .record(["slash_fraction": .exact(exact)])
  }

  static func strongSafety(_ input: Reader, _ expect: Reader) throws(UnreadableVector) -> Computed {
    let claims = input["claims"].members
    var read: [InsuranceClaim] = []
    for (_, claim) in claims {
      read.append(InsuranceClaim(harm: try claim["harm"].rational(), cover: try claim["cover"].rational()))
    }
    let settlement = InsuranceSettlement(
      slashed: try input["slashed"].rational(),
      redistributableShare: try input["redistributable_fraction"].rational(), claims: read)
    var paid: [String: Computed] = [:]
    for ((name, _), amount) in zip(claims, settlement.paid) { paid[name] = .exact(amount) }
    return .record([
      "pot": .exact(settlement.pot), "insured_due": .exact(settlement.due),
      "strongly_safe_for_insured": .flag(settlement.isStronglySafe), "paid": .table(paid),
      "uncovered_harm": .exact(settlement.uncoveredHarm),
    ])
  }

  /// The stream by `VoteHistory`, the pairs by its pairwise rule; where both votes are of one task the rule of evidence must
  /// agree.
  static func votes(_ input: Reader, _ expect: Reader) throws(UnreadableVector) -> Computed {
    var votes: [VoteHistory.Vote] = []
    for one in input["attestations"].items {
      votes.append(
        VoteHistory.Vote(
          source: UInt32(clamping: try one["source"].count()),
          target: UInt32(clamping: try one["target"].count()),
          digest: keccak256(try one["digest"].text().utf8)))
    }
    var history = VoteHistory(length: Int(clamping: try input["history_length"].count()))
    var stream: [Computed] = []
    for (k, vote) in votes.enumerated() {
      guard let verdict = history.record(vote) else {
        throw UnreadableVector(reason: "attestations[\(k)]: no vote within the history")
      }
      stream.append(.text(name(verdict) ?? "ok"))
    }
    var pairs: [Computed] = []
    for newer in votes.indices {
      for older in 0..<newer {
        let verdict = VoteHistory.judge(older: votes[older], newer: votes[newer])
        let evidence = Equivocation.judge(older: attestation(votes[older]), newer: attestation(votes[newer]))
        guard verdict == evidence else {
          throw UnreadableVector(reason: "votes \(older) and \(newer): \(verdict), as evidence \(evidence)")
        }
        if let name = name(verdict) { pairs.append(.list([.exact(older), .exact(newer), .text(name)])) }
      }
    }
    return .record([
      "pairs": .list(pairs), "stream": .list(stream),
      "min_target": .list(history.minTarget.map { $0.map { .exact($0) } ?? .nothing }),
      "max_target": .list(history.maxTarget.map { .exact($0) }),
    ])
  }

  /// A checkpoint vote as an attestation: one task for each target.
  private static func attestation(_ vote: VoteHistory.Vote) -> Attestation {
    Attestation(
      service: ServiceID(0 as UInt16), task: TaskID(vote.target), operatorID: NodeID(0 as UInt32),
      source: vote.source, target: vote.target, result: vote.digest, publishedAt: Instant(nanoseconds: 0))
  }

  private static func name(_ verdict: Equivocation) -> String? {
    switch verdict {
    case .notSlashable: nil
    case .doubleVote: "double"
    case .surrounds: "surrounds"
    case .surrounded: "surrounded"
    }
  }
}
