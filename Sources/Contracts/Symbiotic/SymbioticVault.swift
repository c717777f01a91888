// A Symbiotic vault: its stake, its delegator and its slasher, and what passes between them.
//
// Source: symbioticfi/core, `Vault`, `BaseDelegator`, `Slasher`, `VetoSlasher`. Left out: who may call (the network's
// middleware for slashes, the network for resolvers, curators for limits), burner and delegator hooks.

/// A vault. Operations of the stake are on `book`, limits and opt-ins on `delegator`; slashes go through the vault.
public struct SymbioticVault: Sendable {
  public enum Slasher: Sendable, Equatable {
    /// Nobody can slash.
    case none
    /// Slashes take force at once.
    case instant
    /// Slashes can be vetoed first.
    case veto(VetoRule)
  }

  public var book: VaultBook
  public var delegator: Delegator
  public let slasher: Slasher
  public private(set) var slashes = SlashRecordBook()
  /// By index, in order of asking.
  public private(set) var requests: [SlashRequest] = []
  public private(set) var resolvers = Resolvers()

  /// Refused: a veto as long as an epoch, a resolver delay below three epochs.
  /// Errors: invalidVetoDuration, invalidResolverSetEpochsDelay.
  public init(
    clock: EpochClock, delegator: Delegator.Kind, slasher: Slasher, depositLimit: UInt128? = nil
  ) throws(SymbioticError) {
    if case .veto(let rule) = slasher { try rule.validate(clock) }
    book = VaultBook(clock: clock, depositLimit: depositLimit)
    self.delegator = Delegator(delegator)
    self.slasher = slasher
  }

  // MARK: - Stake at risk

  /// The stake of an operator in a subnetwork at a time.
  public func stake(of account: AccountID, in subnetwork: Subnetwork, at time: Timestamp) -> UInt128 {
    delegator.stake(of: account, in: subnetwork, at: time, activeStake: book.activeStake(at: time))
  }

  /// What can be slashed now for an offence at `capture`.
  public func slashableStake(
    of account: AccountID, in subnetwork: Subnetwork, capture: Timestamp, at now: Timestamp
  ) -> UInt128 { captured(account, subnetwork, capture, now).slashable }

  private func captured(
    _ account: AccountID, _ subnetwork: Subnetwork, _ capture: Timestamp, _ now: Timestamp
  ) -> CapturedStake {
    CapturedStake(
      now: now, capture: capture, epochDuration: book.clock.duration,
      latestSlashedCapture: slashes.latestSlashedCapture(subnetwork, account),
      stakeAtCapture: stake(of: account, in: subnetwork, at: capture),
      cumulativeSlashNow: slashes.cumulativeSlash(subnetwork, account),
      cumulativeSlashAtCapture: slashes.cumulativeSlash(subnetwork, account, at: capture))
  }

  // MARK: - Slashing at once

  /// Effects: takes up to `amount` for an offence at `capture`, and returns what was taken. The operator's offence is paid by all
  /// depositors of the vault alike.
  ///
  /// Errors, in order: notSlasher, invalidCaptureTimestamp, insufficientSlash; those of `VaultBook.slash`.
  public mutating func slash(
    _ amount: UInt128, of account: AccountID, in subnetwork: Subnetwork, capture: Timestamp, at now: Timestamp
  ) throws(SymbioticError) -> UInt128 {
    guard slasher == .instant else { throw .notSlasher }
    let captured = captured(account, subnetwork, capture, now)
    guard captured.isInWindow else { throw .invalidCaptureTimestamp }
    return try take(min(amount, captured.slashable), account, subnetwork, capture, now)
  }

  private mutating func take(
    _ amount: UInt128, _ account: AccountID, _ subnetwork: Subnetwork, _ capture: Timestamp, _ now: Timestamp
  ) throws(SymbioticError) -> UInt128 {
    guard amount > 0 else { throw .insufficientSlash }
    // The vault may hold less than the record says: withdrawals that have ended are out of reach.
    _ = try book.slash(amount, capture: capture, at: now)
    slashes.record(amount, subnetwork, account, capture: capture, at: now)
    return amount
  }

  // MARK: - Slashing with a veto

  private var vetoRule: VetoRule? {
    if case .veto(let rule) = slasher { rule } else { nil }
  }

  /// Called by the network. Effects: changes who may veto; a change waits for the resolver delay.
  /// Errors: notSlasher, alreadySet.
  public mutating func setResolver(_ resolver: AccountID?, of subnetwork: Subnetwork, at now: Timestamp)
    throws(SymbioticError)
  {
    guard let rule = vetoRule else { throw .notSlasher }
    try resolvers.set(
      resolver, of: subnetwork, clock: book.clock, delayEpochs: rule.resolverDelayEpochs, at: now)
  }

  /// Effects: asks for a slash, which waits for the veto window; returns the request's index. Nothing is taken yet. The capture must lie so that an execution right after the veto
  /// window is still within an epoch of it: now + veto - epoch <= capture < now.
  ///
  /// Errors, in order: notSlasher, invalidCaptureTimestamp, insufficientSlash.
  public mutating func requestSlash(
    _ amount: UInt128, of account: AccountID, in subnetwork: Subnetwork, capture: Timestamp, at now: Timestamp
  ) throws(SymbioticError) -> Int {
    guard let rule = vetoRule else { throw .notSlasher }
    guard capture < now, now + rule.vetoDuration <= capture + book.clock.duration else {
      throw .invalidCaptureTimestamp
    }
    let amount = min(amount, captured(account, subnetwork, capture, now).slashable)
    guard amount > 0 else { throw .insufficientSlash }
    requests.append(
      SlashRequest(
        subnetwork: subnetwork, account: account, amount: amount, capture: capture,
        vetoDeadline: now + rule.vetoDuration))
    return requests.count - 1
  }

  /// The resolver that may veto a request: the one of its capture, as long as there is still one.
  private func vetoer(of request: SlashRequest, at now: Timestamp) -> AccountID? {
    guard let captured = resolvers.resolver(of: request.subnetwork, at: request.capture),
      now > 0, resolvers.resolver(of: request.subnetwork, at: now - 1) != nil
    else { return nil }
    return captured
  }

  /// Effects: executes a request and returns what was taken: not before the veto deadline when there is a resolver, and at most an
  /// epoch after the capture.
  ///
  /// Errors, in order: slashRequestNotExist, vetoPeriodNotEnded, slashPeriodEnded, insufficientSlash, slashRequestCompleted; those
  /// of `VaultBook.slash`.
  public mutating func executeSlash(_ index: Int, at now: Timestamp) throws(SymbioticError) -> UInt128 {
    guard requests.indices.contains(index) else { throw .slashRequestNotExist }
    let request = requests[index]
    if vetoer(of: request, at: now) != nil && request.vetoDeadline > now { throw .vetoPeriodNotEnded }
    if now - request.capture > book.clock.duration { throw .slashPeriodEnded }
    let slashable = captured(request.account, request.subnetwork, request.capture, now).slashable
    let amount = min(request.amount, slashable)
    guard amount > 0 else { throw .insufficientSlash }
    if request.isCompleted { throw .slashRequestCompleted }
    _ = try take(amount, request.account, request.subnetwork, request.capture, now)
    requests[index].isCompleted = true
    return amount
  }

  /// Effects: cancels a request for good. Only the resolver of its capture may, before the deadline.
  /// Errors, in order: slashRequestNotExist, noResolver, notResolver, vetoPeriodEnded, slashRequestCompleted.
  public mutating func vetoSlash(_ index: Int, by caller: AccountID, at now: Timestamp) throws(SymbioticError)
  {
    guard requests.indices.contains(index) else { throw .slashRequestNotExist }
    let request = requests[index]
    guard let resolver = vetoer(of: request, at: now) else { throw .noResolver }
    guard caller == resolver else { throw .notResolver }
    if request.vetoDeadline <= now { throw .vetoPeriodEnded }
    if request.isCompleted { throw .slashRequestCompleted }
    requests[index].isCompleted = true
  }
}
