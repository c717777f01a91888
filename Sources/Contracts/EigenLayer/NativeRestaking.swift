// Native ETH: what a finished checkpoint of an EigenPod reports. EigenPodManager. Proofs and pods themselves are outside.

import Basics

extension RestakingLedger {
  /// A change of the staker's beacon-chain balance, in wei.
  public enum BalanceChange: Sendable, Equatable {
    case gain(UInt128)
    case loss(UInt128)
  }

  /// The staker's pod reports that its balance, `previous` wei before, changed.
  ///
  /// Effects: a gain counts as a deposit of as many shares. A loss lowers the beacon-chain slashing factor to
  /// floor(factor * (previous - loss) / previous) and, if the staker is delegated, the operator's shares; deposit shares
  /// stay. The factor rounds down: a loss is never understated. What the operator loses rounds down twice: no more than the loss
  /// explains. Requires: whole gwei, as the beacon chain counts.
  /// Errors: sharesNotMultipleOfGwei; those of adding shares; arithmeticUnderflow for a loss above `previous`.
  public mutating func recordBeaconBalance(
    _ staker: AccountID, previous: UInt128, change: BalanceChange, at block: BlockNumber
  ) throws(RestakingError) {
    guard let native = strategies.firstIndex(where: \.isNativeETH) else { throw .invalidStrategy }
    let strategy = StrategyID(native)
    switch change {
    case .gain(let delta):
      if delta % 1_000_000_000 != 0 { throw .sharesNotMultipleOfGwei }
      if delta > 0 { try addShares(staker, strategy, delta) }
    case .loss(let delta):
      if delta % 1_000_000_000 != 0 { throw .sharesNotMultipleOfGwei }
      if delta == 0 { return }
      guard delta <= previous else { throw .arithmeticUnderflow }
      let factor = accounts[staker.index].beaconSlashingFactor
      let next = mulDiv(factor, previous - delta, previous, .beaconSlashingFactor)
      if let delegate = accounts[staker.index].delegatedTo {
        let held = holding(staker, strategy)
        let share = mulWad(delegateMagnitude(delegate, strategy), factor - next, .beaconLossFactor)
        guard let lost = held.shares(at: share, .beaconLossShares) else { throw .exceeds128Bits }
        try lowerOperatorShares(delegate, strategy, by: lost)
      }
      accounts[staker.index].beaconSlashingFactor = next
    }
  }
}
