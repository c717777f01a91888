// How a vault's stake is offered to networks and operators: the four delegators of Symbiotic, with their limits, and both
// opt-ins without which nothing is at stake. Everything has a history, since slashing asks for the stake at a past time.
//
// Source: `BaseDelegator` and the four delegators, `OptInService` of symbioticfi/core. Left out: hooks and roles.

/// A part of a network with stake of its own.
public struct Subnetwork: Hashable, Sendable {
  public var network: AccountID
  public var identifier: UInt64
  public init(network: AccountID, identifier: UInt64 = 0) {
    self.network = network
    self.identifier = identifier
  }
}

/// Who gets how much of a vault's active stake.
public struct Delegator: Sendable {
  public enum Kind: Sendable, Hashable {
    /// The same stake for many networks, split among each network's operators by shares:
    /// stake = floor(shares * min(active, network's limit) / all shares).
    case networkRestake
    /// The same stake for all networks and all operators: min(active, network's limit, operator's limit in it).
    case fullRestake
    /// All for one operator, in many networks: min(active, network's limit).
    case operatorSpecific(AccountID)
    /// All for one operator in one network: min(active, the network's own limit).
    case operatorNetworkSpecific(AccountID, network: AccountID)
  }

  private struct Place: Hashable {
    var subnetwork: Subnetwork
    var account: AccountID
  }
  private struct Membership: Hashable {
    var account: AccountID
    var network: AccountID
  }

  public let kind: Kind
  /// The most that a network wants from this vault.
  private var networkMaximum: [Subnetwork: History<UInt128>] = [:]
  private var networkLimit: [Subnetwork: History<UInt128>] = [:]
  private var operatorLimit: [Place: History<UInt128>] = [:]
  private var operatorShares: [Place: History<UInt128>] = [:]
  private var totalShares: [Subnetwork: History<UInt128>] = [:]
  private var servesVault: [AccountID: History<Bool>] = [:]
  private var servesNetwork: [Membership: History<Bool>] = [:]

  public init(_ kind: Kind) { self.kind = kind }

  // MARK: - Stake

  /// The stake of an operator in a subnetwork at a time, out of this much active stake; 0 unless the operator had opted into
  /// the vault and into the network. Rounding: down, so that the parts of operators never add up to more than the vault has.
  public func stake(
    of account: AccountID, in subnetwork: Subnetwork, at time: Timestamp, activeStake: UInt128
  ) -> UInt128 {
    guard servesVault[account]?.value(at: time) ?? false,
      servesNetwork[Membership(account: account, network: subnetwork.network)]?.value(at: time) ?? false
    else { return 0 }
    let limit = networkLimit[subnetwork]?.value(at: time) ?? 0
    let place = Place(subnetwork: subnetwork, account: account)
    switch kind {
    case .networkRestake:
      let total = totalShares[subnetwork]?.value(at: time) ?? 0
      // An operator's shares are at most all shares: the quotient fits.
      return total == 0
        ? 0 : mulDivShares(operatorShares[place]?.value(at: time) ?? 0, min(activeStake, limit), total)
    case .fullRestake: return min(activeStake, limit, operatorLimit[place]?.value(at: time) ?? 0)
    case .operatorSpecific(let only): return account == only ? min(activeStake, limit) : 0
    case .operatorNetworkSpecific(let only, let network):
      guard account == only, subnetwork.network == network else { return 0 }
      return min(activeStake, networkMaximum[subnetwork]?.value(at: time) ?? 0)
    }
  }

  private func mulDivShares(_ shares: UInt128, _ stake: UInt128, _ total: UInt128) -> UInt128 {
    total.dividingFullWidth(shares.multipliedFullWidth(by: stake)).quotient
  }

  // MARK: - Limits

  /// Called by the network: the most stake that it wants. Effects: from now on; captures before see the old limits. A larger limit of the vault falls to it.
  /// Errors: alreadySet; invalidNetwork, for the network-specific delegator and another network.
  public mutating func setMaxNetworkLimit(_ subnetwork: Subnetwork, to amount: UInt128, at now: Timestamp)
    throws(SymbioticError)
  {
    if networkMaximum[subnetwork]?.latest ?? 0 == amount { throw .alreadySet }
    if case .operatorNetworkSpecific(_, let network) = kind, network != subnetwork.network {
      throw .invalidNetwork
    }
    networkMaximum[subnetwork, default: History(0)].push(amount, at: now)
    if let limit = networkLimit[subnetwork], limit.latest > amount {
      networkLimit[subnetwork]?.push(amount, at: now)
    }
  }

  /// Called by the vault's curator, at most the network's own limit. Effects: from now on; captures before see the old one.
  /// Errors, in order: wrongDelegatorType, exceedsMaxNetworkLimit, alreadySet.
  public mutating func setNetworkLimit(_ subnetwork: Subnetwork, to amount: UInt128, at now: Timestamp)
    throws(SymbioticError)
  {
    if case .operatorNetworkSpecific = kind { throw .wrongDelegatorType }
    guard amount <= networkMaximum[subnetwork]?.latest ?? 0 else { throw .exceedsMaxNetworkLimit }
    if networkLimit[subnetwork]?.latest ?? 0 == amount { throw .alreadySet }
    networkLimit[subnetwork, default: History(0)].push(amount, at: now)
  }

  /// Network restaking: the operator's part of the network's stake. Effects: from now on; stake = active * shares / all shares
  /// rounds down: parts never add up to more than the vault has.
  /// Errors, in order: wrongDelegatorType, alreadySet, exceeds128Bits. Rounding: none; stake rounds down where it is read.
  public mutating func setOperatorShares(
    _ subnetwork: Subnetwork, _ account: AccountID, to shares: UInt128, at now: Timestamp
  ) throws(SymbioticError) {
    guard kind == .networkRestake else { throw .wrongDelegatorType }
    let place = Place(subnetwork: subnetwork, account: account)
    let before = operatorShares[place]?.latest ?? 0
    if before == shares { throw .alreadySet }
    let rest = (totalShares[subnetwork]?.latest ?? 0) - before
    let (total, overflow) = rest.addingReportingOverflow(shares)
    if overflow { throw .exceeds128Bits }
    totalShares[subnetwork, default: History(0)].push(total, at: now)
    operatorShares[place, default: History(0)].push(shares, at: now)
  }

  /// Full restaking: the most stake that the operator has in the network. Effects: from now on; rounds nothing.
  /// Errors, in order: wrongDelegatorType, alreadySet.
  public mutating func setOperatorLimit(
    _ subnetwork: Subnetwork, _ account: AccountID, to amount: UInt128, at now: Timestamp
  ) throws(SymbioticError) {
    guard kind == .fullRestake else { throw .wrongDelegatorType }
    let place = Place(subnetwork: subnetwork, account: account)
    if operatorLimit[place]?.latest ?? 0 == amount { throw .alreadySet }
    operatorLimit[place, default: History(0)].push(amount, at: now)
  }

  // MARK: - Opting in

  /// Effects: the operator serves the vault from now on.
  /// Errors: alreadyOptedIn.
  public mutating func optIntoVault(_ account: AccountID, at now: Timestamp) throws(SymbioticError) {
    try Self.optIn(&servesVault[account, default: History(false)], at: now)
  }
  /// Effects: it serves the vault no more; captures before now still count. Errors: notOptedIn, optOutCooldown (in the second of the opt-in).
  public mutating func optOutOfVault(_ account: AccountID, at now: Timestamp) throws(SymbioticError) {
    try Self.optOut(&servesVault[account, default: History(false)], at: now)
  }
  /// Effects: the operator serves the network from now on. One registry serves all vaults; a model with several keeps them equal.
  /// Errors: alreadyOptedIn.
  public mutating func optIntoNetwork(_ account: AccountID, _ network: AccountID, at now: Timestamp)
    throws(SymbioticError)
  {
    try Self.optIn(
      &servesNetwork[Membership(account: account, network: network), default: History(false)], at: now)
  }
  /// Effects: it serves the network no more; captures before now still count. Errors: notOptedIn, optOutCooldown.
  public mutating func optOutOfNetwork(_ account: AccountID, _ network: AccountID, at now: Timestamp)
    throws(SymbioticError)
  {
    try Self.optOut(
      &servesNetwork[Membership(account: account, network: network), default: History(false)], at: now)
  }

  private static func optIn(_ record: inout History<Bool>, at now: Timestamp) throws(SymbioticError) {
    if record.latest { throw .alreadyOptedIn }
    record.push(true, at: now)
  }
  private static func optOut(_ record: inout History<Bool>, at now: Timestamp) throws(SymbioticError) {
    guard record.latest else { throw .notOptedIn }
    if record.entries.last?.block == now { throw .optOutCooldown }
    record.push(false, at: now)
  }
}
