// Insurance on chain: premiums go from a service's users to its pot, slashed stake is redistributed into it, and when the chain has
// executed a slash for a wrong result that it had certified, the users of that task claim. All claims of a period are settled
// together and paid out of the pot, wallet to wallet on the ledger, so that conservation follows every token of it.
//
// What nobody proves is not paid: a task that was certified wrong without evidence is harm and no claim.

import AVS
import Basics
import Contracts
public import Economy

extension CoordinatorState {
  /// After genesis: pots, the accounts of those who are insured, and the first premiums.
  mutating func openInsurance() {
    for (index, terms) in configuration.economy.services.enumerated() {
      guard let insured = terms.insurance else { continue }
      while insurance.count < configuration.services.count { insurance.append(nil) }
      insurance[index] = InsuranceRoom(
        pool: InsurancePool(insured),
        users: addAccount(named: "\(configuration.services[index].name)/insured"))
      if insured.premium > 0 {
        agenda.add(.premium(ServiceID(index)), at: .zero + configuration.rewardEpoch)
      }
    }
  }

  private func pot(_ service: ServiceID) -> AccountID? { recipients[service.index] }

  private mutating func tell(
    _ service: ServiceID, _ kind: InsuranceFact.Kind, task: TaskID? = nil, asset: StrategyID? = nil,
    tokens: UInt128 = 0, wei: UInt128, at: Instant, _ facts: inout [CoordinatorFact]
  ) {
    facts.append(
      .economy(
        .insurance(
          InsuranceFact(
            at: at, service: service, kind: kind, task: task, asset: asset, tokens: tokens, wei: wei))))
  }

  /// An epoch's premium, in the first asset that the service counts. Users bring it from outside.
  mutating func payPremium(
    _ service: ServiceID, at: Instant, block: BlockNumber, _ facts: inout [CoordinatorFact]
  ) -> UInt64 {
    guard let room = insurance[service.index], let pot = pot(service),
      let asset = ledger.strategies(of: services[service.index].set).first
    else { return 0 }
    let year: UInt128 = 365 * 86_400 * 1_000_000_000
    let wei = mulDiv(room.pool.terms.premium, UInt128(configuration.rewardEpoch.nanoseconds), year)
    let tokens = mulDiv(wei, wad, prices[asset.index])
    do throws(RestakingError) {
      try ledger.fund(room.users, asset, amount: tokens)
      conservation.recordFunded(tokens, asset)
      try ledger.transfer(asset, from: room.users, to: pot, amount: tokens)
    } catch {
      facts.append(.checkBroken(Finding(check: "insurance.premium", detail: "\(error)"), at: at))
    }
    let worth = value(tokens, at: prices[asset.index])
    insurance[service.index]?.pool.receive(tokens, asset, worth: worth, isPremium: true)
    tell(service, .premium, asset: asset, tokens: tokens, wei: worth, at: at, &facts)
    checkInsurance(service, at: at, block: block, &facts)
    let next = at + configuration.rewardEpoch
    if next <= configuration.economy.traffic { agenda.add(.premium(service), at: next) }
    return configuration.gas.transaction
  }

  /// Redistributed tokens arrived in the pot.
  mutating func noteRedistributed(
    _ service: ServiceID, _ tokens: UInt128, _ strategy: StrategyID, at: Instant,
    _ facts: inout [CoordinatorFact]
  ) {
    guard service.index < insurance.count, insurance[service.index] != nil, tokens > 0 else { return }
    let worth = value(tokens, at: prices[strategy.index])
    insurance[service.index]?.pool.receive(tokens, strategy, worth: worth, isPremium: false)
    tell(service, .slash, asset: strategy, tokens: tokens, wei: worth, at: at, &facts)
  }

  /// A slash was executed: if it proves that a certificate was wrong, its users claim.
  mutating func claim(_ accusation: Accusation, at: Instant, _ facts: inout [CoordinatorFact]) {
    let service = accusation.service
    guard service.index < insurance.count, let room = insurance[service.index],
      case .task(let task) = accusation.subject, let certificate = tasks.certificate(task)
    else { return }
    switch accusation.evidence {
    case .certificate? where accusation.offence == .wrongQuorum: break
    case .single(let signed)? where signed.attestation.result == certificate.result: break
    default: return
    }
    let before = room.pool.claims.count
    if insurance[service.index]?.pool.claim(task) == true {
      agenda.add(.insurance(service), at: at + room.pool.terms.period)
    }
    if insurance[service.index]?.pool.claims.count != before {
      tell(service, .claim, task: task, wei: min(room.pool.terms.harm, room.pool.terms.cover), at: at, &facts)
    }
  }

  /// The period is over: what is due is paid as far as the pot goes.
  mutating func settleInsurance(
    _ service: ServiceID, at: Instant, block: BlockNumber, _ facts: inout [CoordinatorFact]
  ) -> UInt64 {
    guard var room = insurance[service.index], let pot = pot(service) else { return 0 }
    for move in room.pool.settle(prices: prices) {
      do throws(RestakingError) {
        try ledger.transfer(move.strategy, from: pot, to: room.users, amount: move.tokens)
      } catch {
        facts.append(.checkBroken(Finding(check: "insurance.payment", detail: "\(error)"), at: at))
      }
      tell(service, .payment, asset: move.strategy, tokens: move.tokens, wei: move.wei, at: at, &facts)
    }
    insurance[service.index] = room
    checkInsurance(service, at: at, block: block, &facts)
    return configuration.gas.transaction
  }

  /// The pots that share a wallet are in it, to the token; and every token has its way in and out.
  private mutating func checkInsurance(
    _ service: ServiceID, at: Instant, block: BlockNumber, _ facts: inout [CoordinatorFact]
  ) {
    guard let wallet = pot(service) else { return }
    for strategy in ledger.strategies.indices {
      var owned: UInt128 = 0
      for (index, room) in insurance.enumerated() where recipients[index] == wallet {
        guard let tokens = room?.pool.tokens, strategy < tokens.count else { continue }
        owned += tokens[strategy]
      }
      let held = ledger.wallet(of: wallet, StrategyID(strategy))
      if owned > held || insurance[service.index]?.pool.isConserved == false {
        facts.append(
          .checkBroken(
            Finding(
              check: "insurance.conserved",
              detail: "service \(service.rawValue): pots hold \(owned) tokens, the wallet \(held)"),
            at: at))
      }
    }
    checkStake(at: at, block: block, &facts)
  }
}

/// One service's pot and those whom it pays.
struct InsuranceRoom: Sendable {
  var pool: InsurancePool
  var users: AccountID
}

extension Coordinator {
  /// By service: the pot; nil where nobody is insured.
  public var insurance: [InsurancePool?] { state.insurance.map { $0?.pool } }
}
