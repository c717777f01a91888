// The reward contracts of a running chain: what a service pays for an epoch goes the way of a submission, a calculation, a
// root and claims, through the same types that the golden vectors judge.
//
// An epoch stands for the calculator's day. The contracts' clock counts seconds: the run begins a second after an epoch's
// boundary, since a submission must be over before it is made. Everybody has one token to earn, the coin of the service.

public import Basics
import BigInt
import Signatures

/// RewardsCoordinator, calculation and cumulative earnings of a run, and everybody's claims.
public struct RewardBook: Sendable {
  /// What a claim paid.
  public struct Payment: Sendable, Equatable {
    public var account: AccountID
    public var amount: UInt128
  }

  public private(set) var coordinator: RewardsCoordinator
  private var earnings: CumulativeEarnings
  private let permissions = PermissionController()
  private let epoch: TimeSpan
  private let base: UInt64
  /// Roots and their trees by index; a tree is dropped once claimed from.
  private var trees: [(tree: DistributionTree, earners: [AccountID])?] = []
  /// The state of an epoch's end, while services close that epoch.
  private var snapshot: RewardSnapshot?
  private let token = TokenID(0)

  /// - Parameters:
  ///   - epoch: at least a second.
  ///   - activationDelay: from a root to its claims; whole seconds count.
  ///   - own, updater: accounts of the ledger that stand for the contract and for who posts roots.
  ///   - services: by operator set, the AVS.
  public init(
    epoch: TimeSpan, activationDelay: TimeSpan, own: AccountID, updater: AccountID, services: [AccountID],
    ledger: borrowing RestakingLedger
  ) {
    precondition(epoch >= .seconds(1), "an epoch lasts a second at least")
    self.epoch = epoch
    let second: UInt64 = 1_000_000_000
    // Starts are multiples of the interval; an epoch of broken seconds has seconds for its interval.
    let interval =
      epoch.nanoseconds % second == 0 ? UInt32(truncatingIfNeeded: epoch.nanoseconds / second) : 1
    var parameters = RewardsParameters.mainnet
    parameters.interval = interval
    parameters.durationMaximum = max(parameters.durationMaximum, interval * 2)
    parameters.activationDelay = 0
    let earliest = UInt64(parameters.genesis) + UInt64(parameters.retroactiveMaximum)
    base = (earliest / UInt64(interval) + 1) * UInt64(interval)
    var addresses = AddressBook()
    for k in ledger.accounts.indices { addresses.addAccount(Self.address(k)) }
    for k in ledger.strategies.indices { addresses.addStrategy(Self.address(k)) }
    addresses.addToken(Self.address(0))
    coordinator = RewardsCoordinator(
      parameters: parameters, addresses: addresses, account: own, owner: own, updater: updater,
      feeRecipient: own)
    earnings = CumulativeEarnings(
      sources: services.map { CumulativeEarnings.Source(token: TokenID(0), avs: $0) },
      accounts: ledger.accounts.count, tokens: 1)
    delay = UInt32(truncatingIfNeeded: activationDelay.nanoseconds / second)
  }
  private let delay: UInt32

  /// Addresses ascend with ids, so orders by address are orders by id.
  private static func address(_ index: Int) -> Address { Address(high: 0, middle: 0, low: UInt64(index) + 1) }

  private func boundary(_ epoch: UInt64) -> UInt64 {
    base + UInt64(truncatingIfNeeded: (UInt128(epoch) * UInt128(self.epoch.nanoseconds)) / 1_000_000_000)
  }
  private func clock(_ at: Instant) -> UInt64 { base + at.nanoseconds / 1_000_000_000 + 1 }

  // MARK: - Splits

  /// An operator's cut for a set, before the run: in force at once.
  /// Errors: those of `RewardsCoordinator.setOperatorSetSplit`.
  /// Effects: every later division uses it. Requires: `begin` has not been called. Rounding: none.
  public mutating func setSplit(
    _ bips: UInt16, of account: AccountID, for set: OperatorSetID, _ ledger: borrowing RestakingLedger
  ) throws(RewardsError) {
    try coordinator.setOperatorSetSplit(
      bips, of: account, for: set, by: account, at: base - 1, permissions, ledger)
  }

  /// The run begins: roots and splits wait from now on.
  /// Errors: none that the owner can meet.
  /// Effects: the activation delays of the contract hold. Requires: it is called once.
  public mutating func begin() throws(RewardsError) {
    try coordinator.setActivationDelay(delay, by: coordinator.owner)
  }

  // MARK: - An epoch of a service

  /// Submits what a service's operators earned in an epoch, and calculates what they and their stakers get of it. Returns
  /// the division of each amount, in the order given.
  ///
  /// Errors: those of an operator-directed submission; amounts of zero are left out of it.
  ///
  /// Cost: linear in all accounts for the first service that closes an epoch, in the operators' stakers for each.
  /// Effects: the submission is kept with its snapshot, what it earned everybody is added to their cumulative earnings, and its tokens
  /// belong to the coordinator. Requires: epochs do not decrease. Rounding: every part down (`RewardCalculation`); what that leaves stays
  /// with the coordinator and is reported as each division's dust.
  public mutating func pay(
    _ amounts: [(account: AccountID, amount: UInt128)], of epoch: UInt64, set: OperatorSetID,
    prices: [UInt128], at: Instant, block: BlockNumber, _ ledger: borrowing RestakingLedger
  ) throws(RewardsError) -> [OperatorSplit] {
    var splits = amounts.map { OperatorSplit(unpaid: $0.amount) }
    let directed = amounts.filter { $0.amount > 0 }.sorted { $0.account < $1.account }
    if directed.isEmpty { return splits }
    let avs = ledger.avs(of: set)
    let strategies = ledger.strategies(of: set).sorted().map {
      StrategyMultiplier(strategy: $0, multiplier: prices[$0.index])
    }
    let start = boundary(epoch)
    let now = max(clock(at), boundary(epoch + 1) + 1)
    try coordinator.submitDirected(
      RewardSubmission(
        strategies: strategies, token: token,
        amount: .operators(
          directed.map { OperatorReward(account: $0.account, amount: BigUInt($0.amount)) },
          description: "epoch \(epoch)"),
        start: UInt32(truncatingIfNeeded: start),
        duration: UInt32(truncatingIfNeeded: boundary(epoch + 1) - start)), set: set, avs: avs, by: avs,
      at: now, permissions, ledger)

    let day = Int(truncatingIfNeeded: epoch) + 1
    if snapshot?.day != day { snapshot = RewardSnapshot(of: ledger, day: day, at: block) }
    guard var state = snapshot else { preconditionFailure("just taken") }
    for one in directed {
      state.setSplit(coordinator.operatorSetSplit(one.account, set, at: now), one.account, set: set)
    }
    snapshot = state
    let calculation = RewardCalculation(
      snapshots: [state], defaultSplitBips: coordinator.parameters.defaultSplitBips, cutoffDay: day)
    let terms = RewardTerms(
      kind: .operatorDirectedSet, avs: avs, set: set, startDay: day - 1, days: 1, strategies: strategies,
      operators: directed.map { RewardTerms.Directed(account: $0.account, amount: $0.amount) })
    var rows = EpochRows(operators: directed.map(\.account))
    calculation.calculate(terms, as: set.index, into: &rows)
    rows.enter(into: &earnings, reward: set.index, day: day)
    for k in amounts.indices {
      guard let row = rows.row(of: amounts[k].account) else { continue }
      splits[k].settle(row.cut, row.stakers, refunded: row.cut == nil ? amounts[k].amount : 0)
    }
    return splits
  }

  // MARK: - Roots and claims

  /// Posts the root over everything earned until the end of `epoch`. Returns its index; nil when nobody earned anything.
  /// Errors: those of `RewardsCoordinator.submitRoot`.
  /// Effects: the root can be claimed against once its activation delay is over. Requires: the epoch is over at `at`. Rounding: none.
  public mutating func publish(epoch: UInt64, at: Instant) throws(RewardsError) -> Int? {
    snapshot = nil
    guard let tree = earnings.tree(coordinator.addresses) else { return nil }
    let end = boundary(epoch + 1)
    let index = try coordinator.submitRoot(
      tree.root, calculationEnd: UInt32(truncatingIfNeeded: end), by: coordinator.updater,
      at: max(clock(at), end + 1))
    trees.append((tree, earnings.earners(token)))
    return index
  }

  /// When a root posted at an instant can be claimed from.
  public func claimable(from posted: Instant) -> Instant {
    posted + .seconds(UInt64(coordinator.parameters.activationDelay))
  }

  /// Everybody proves and takes what a root gives beyond what it has claimed. Cost: a proof an earner.
  /// Errors: those of `RewardsCoordinator.processClaim`; none for a root of its own making.
  /// Effects: each earner's claimed sum becomes what the root says, and the difference is paid to it. Requires: the root is activated and
  /// not disabled. Rounding: none, leaves hold whole wei.
  public mutating func claimAll(_ root: Int, at: Instant) throws(RewardsError) -> [Payment] {
    guard let (tree, earners) = trees[root] else { return [] }
    trees[root] = nil
    let now = max(clock(at), UInt64(coordinator.roots[root].activatedAt))
    var payments: [Payment] = []
    for (k, earner) in tree.earners.enumerated() {
      let account = earners[k]
      let cumulative = earner.earnings[0].cumulative
      if cumulative == coordinator.cumulativeClaimed(by: account, token) { continue }
      let claim = RewardClaim(
        rootIndex: UInt32(root), earnerIndex: UInt32(k), earnerProof: tree.earnerProof(k), earner: account,
        earnerTokenRoot: earner.tokens.root, tokenIndices: [0], tokenProofs: [earner.tokens.proof(0)],
        tokenLeaves: [RewardClaim.TokenLeaf(token: token, cumulativeEarnings: cumulative)])
      let paid = try coordinator.processClaim(claim, to: account, by: account, at: now)
      payments.append(Payment(account: account, amount: UInt128(paid[0])))
    }
    return payments
  }

  /// All that was calculated, and all that was claimed of it.
  public var earned: UInt128 { earnings.distributed[0] }
  /// What the contract still holds: unclaimed earnings, and what rounding left.
  public var held: UInt128 { UInt128(coordinator.balance(of: coordinator.account, token)) }
}

/// The rows of one service's epoch: each operator's cut and its stakers' parts.
private struct EpochRows: RewardSink {
  struct Row {
    let account: AccountID
    /// Nil: it was not registered any more.
    var cut: UInt128?
    var stakers: [(account: AccountID, amount: UInt128)] = []
  }
  /// Ascending by account.
  private var rows: [Row]
  private var refunded: UInt128 = 0

  init(operators: [AccountID]) { rows = operators.map { Row(account: $0) } }

  private func index(_ account: AccountID) -> Int? {
    var (low, high) = (0, rows.count)
    while low < high {
      let middle = (low + high) / 2
      if rows[middle].account < account { low = middle + 1 } else { high = middle }
    }
    return low < rows.count && rows[low].account == account ? low : nil
  }

  func row(of account: AccountID) -> Row? { index(account).map { rows[$0] } }

  mutating func pool(_ reward: Int, day: Int, _ tokens: UInt128) {}
  mutating func operatorPool(_ reward: Int, day: Int, _ account: AccountID, _ tokens: UInt128) {}
  mutating func operatorTokens(_ reward: Int, day: Int, _ account: AccountID, _ tokens: UInt128) {
    if let k = index(account) { rows[k].cut = tokens }
  }
  mutating func stakerTokens(
    _ reward: Int, day: Int, _ account: AccountID, staker: AccountID, _ tokens: UInt128
  ) {
    if let k = index(account) { rows[k].stakers.append((staker, tokens)) }
  }
  mutating func refund(_ reward: Int, day: Int, _ tokens: UInt128) { refunded += tokens }

  func enter(into earnings: inout CumulativeEarnings, reward: Int, day: Int) {
    for row in rows {
      if let cut = row.cut { earnings.operatorTokens(reward, day: day, row.account, cut) }
      for part in row.stakers {
        earnings.stakerTokens(reward, day: day, row.account, staker: part.account, part.amount)
      }
    }
    if refunded > 0 { earnings.refund(reward, day: day, refunded) }
  }
}
