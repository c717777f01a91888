// Penalties that grow with the number of the guilty: Ethereum's, as integers round them, and their analogue for services.
//
// Sources: ethereum/consensus-specs (`slash_validator`, `process_slashings` of Bellatrix and Electra); EIP-7716 (draft).

public import Exact

/// What Ethereum takes from a slashed validator, in gwei.
public struct EthereumSlashing: Sendable, Equatable {
  public enum Fork: String, Sendable, CaseIterable {
    case bellatrix, electra
  }
  /// At once.
  public let initial: UInt128
  /// Half-way through the window of 8192 epochs, by what was slashed in it.
  public let correlation: UInt128

  static let gweiOfEther: UInt128 = 1_000_000_000
  /// PROPORTIONAL_SLASHING_MULTIPLIER since Bellatrix.
  static let multiplier: UInt128 = 3

  /// - Parameters:
  ///   - effectiveBalance: of the validator, gwei.
  ///   - slashedInWindow: effective balances slashed in the window, this one included, gwei.
  ///   - totalActive: active stake, gwei; at least one ether.
  ///
  /// Both forks count in steps of one ether. Bellatrix rounds the whole product down to ether, so that small events cost
  /// nothing; Electra rounds the penalty of one ether down to gwei.
  public init(effectiveBalance: UInt128, slashedInWindow: UInt128, totalActive: UInt128, fork: Fork) {
    let gwei = Self.gweiOfEther
    precondition(totalActive >= gwei, "\(totalActive) gwei is less than one ether of active stake")
    let adjusted = min(slashedInWindow * Self.multiplier, totalActive)
    switch fork {
    case .bellatrix:
      initial = effectiveBalance / 32
      correlation = effectiveBalance / gwei * adjusted / totalActive * gwei
    case .electra:
      initial = effectiveBalance / 4_096
      correlation = adjusted / (totalActive / gwei) * (effectiveBalance / gwei)
    }
  }
}

/// EIP-7716: a penalty for missed attestations that rises with unusual absence and forgets what is usual.
public struct AntiCorrelationPenalty: Sendable, Equatable {
  /// PENALTY_ADJUSTMENT_FACTOR and MAX_PENALTY_FACTOR of the draft.
  static let adjustment: UInt128 = 4_096
  static let maximum: UInt128 = 4

  public private(set) var netExcess: UInt128

  public init(netExcess: UInt128) { self.netExcess = netExcess }

  /// One slot: the factor on everybody's penalty, after which the excess has moved towards it.
  ///
  /// - Parameter total: active balance, in the unit of `nonAttesting`.
  public mutating func slot(nonAttesting: UInt128, total: UInt128) -> UInt128 {
    let factor = min(nonAttesting * Self.adjustment / (netExcess * total + 1), Self.maximum)
    netExcess = max(1, netExcess + factor) - 1
    return factor
  }
}

/// A service's correlated penalty, exactly: min(1, max(base, multiplier * correlated share)). What the court takes is this,
/// rounded down to a WAD.
public func correlatedPenaltyShare(base: Rational, multiplier: Rational, correlatedShare: Rational)
  -> Rational
{
  min(1, max(base, multiplier * correlatedShare))
}
