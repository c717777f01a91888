// Where the contracts round, which way, and why: every division that a contract's result depends on names its place here.
//
// `scripts/mutate-rounding` reverses one place after the other, in a debug build or one with ROUNDING_MUTANTS defined, and
// shows that golden vectors notice each. In other builds a place is a constant, and costs nothing.

// What the comments of operations say, here and in all of `Contracts`: *Effects*, what is different afterwards; *Requires*, what the
// caller has to see to beside what is checked; *Errors*, by the contract's names, in the order of the checks, and an operation that
// throws has changed nothing; *Rounding*, which way and why. What a comment does not name there is not: without *Requires* its errors
// are all that it asks for, and without a word about rounding nothing is divided.

internal import BigInt

/// A division of the modelled contracts whose quotient is rounded.
public enum Rounding: String, CaseIterable, Sendable {
  // StrategyBase
  case depositedShares
  case paidTokens
  // SlashingLib, DelegationManager
  case scaledShares
  case withdrawableShares
  case queuedOperatorShares
  case payableShares
  case firstScalingFactor
  case meanScalingFactor
  case nextScalingFactor
  case delegationScalingFactor
  // AllocationManager, SlashingLib
  case slashedMagnitude
  case slashedPendingMagnitude
  case slashedShareOfStake
  case keptOperatorShares
  case keptQueuedShares
  case slashableQueuedShares
  case slashableShare
  case slashableStake
  // EigenPodManager
  case nativeSlashingFactor
  case nativeDelegatedShares
  case beaconSlashingFactor
  case beaconLossFactor
  case beaconLossShares
  // RewardsCoordinator, certificate verifiers
  case protocolFee
  case stakeThreshold
  // The reward calculation
  case sqlQuotient
  case sqlFloor
  case stakerProportion
  case stakerPart

  public enum Direction: String, Sendable { case down, up, halfUp }

  /// As in the contracts.
  @inline(__always) public var direction: Direction {
    switch self {
    case .slashedMagnitude, .slashedPendingMagnitude, .keptOperatorShares, .keptQueuedShares: .up
    case .sqlQuotient: .halfUp
    default: .down
    }
  }

  /// Who is favoured, and why.
  public var reason: String {
    switch self {
    case .depositedShares: "a depositor gets no more than it brings: the pool never owes more than it holds"
    case .paidTokens: "the rest of a unit stays with the pool"
    case .scaledShares: "a deposit is never scaled to more than its part"
    case .withdrawableShares: "what stakers could withdraw never exceeds their operator's shares"
    case .queuedOperatorShares: "an operator never loses more shares than the staker takes along"
    case .payableShares: "a withdrawal pays no more than was left to it"
    case .firstScalingFactor, .delegationScalingFactor:
      "new shares are worth no more than what came in, however much was slashed before"
    case .meanScalingFactor, .nextScalingFactor: "a mean of old and new shares is worth no more than both"
    case .slashedMagnitude: "against the operator: a slash is never nothing"
    case .slashedPendingMagnitude: "a deallocation under way pays at least its share of the slash"
    case .slashedShareOfStake: "reported only: never more than was taken"
    case .keptOperatorShares: "for the stakers: a slash takes no more than its share of their shares"
    case .keptQueuedShares: "for those who are leaving, as for those who stay"
    case .slashableQueuedShares: "no more is slashed of the queue than is in it"
    case .slashableShare, .slashableStake: "a promise: never more than a slash could take"
    case .nativeSlashingFactor: "two losses multiply, and the product never exceeds what is left"
    case .nativeDelegatedShares: "an operator gains no more than is left of the validator's balance"
    case .beaconSlashingFactor: "a loss on the beacon chain is never understated"
    case .beaconLossFactor, .beaconLossShares: "an operator loses no more shares than the loss explains"
    case .protocolFee: "for the submitter"
    case .stakeThreshold: "for the certificate"
    case .sqlQuotient: "PostgreSQL rounds a quotient half up at its scale"
    case .sqlFloor: "amounts are never distributed twice; the rest stays with the coordinator"
    case .stakerProportion: "proportions of 15 decimals never add up to more than one"
    case .stakerPart: "parts never add up to more than the whole"
    }
  }

  #if ROUNDING_MUTANTS || DEBUG
    /// The place that is reversed; set once, before anything is computed.
    public nonisolated(unsafe) static var reversed: Rounding?
    private var isReversed: Bool { unsafe Self.reversed == self }
  #else
    @inline(__always) private var isReversed: Bool { false }
  #endif

  /// Whether a quotient with a remainder is the next integer. Not for `halfUp`.
  @inline(__always) var isUp: Bool { (direction == .up) != isReversed }

  /// Whether a half counts as one; reversed, it is cut off like the rest.
  @inline(__always) var isHalfUp: Bool { !isReversed }
}

// MARK: - 128 bits

/// `a * b / d`, rounded as the place says, with a 256-bit product. Traps when `d` is zero or the quotient needs more than
/// 128 bits.
@inline(__always) func mulDiv(_ a: UInt128, _ b: UInt128, _ d: UInt128, _ place: Rounding) -> UInt128 {
  let product = UInt256(a, times: b)
  precondition(product.high < d, "mulDiv: quotient exceeds 128 bits")
  if d <= UInt128(UInt64.max) {
    // Magnitudes and WAD: hardware divisions.
    let (quotient, remainder) = product.dividedBy(UInt64(truncatingIfNeeded: d))
    return place.isUp && remainder != 0 ? quotient.low + 1 : quotient.low
  }
  if product.high == 0 {
    let quotient = product.low / d
    return place.isUp && quotient &* d != product.low ? quotient + 1 : quotient
  }
  let (quotient, remainder) = d.dividingFullWidth((product.high, product.low))
  return place.isUp && remainder != 0 ? quotient + 1 : quotient
}

/// `x * y / WAD`. SlashingLib, `mulWad`. Traps beyond 128 bits: use it where one factor is at most WAD.
@inline(__always) func mulWad(_ x: UInt128, _ y: UInt128, _ place: Rounding) -> UInt128 {
  mulDiv(x, y, wad, place)
}

/// `x * WAD / y`. SlashingLib, `divWad`. Traps when `y` is zero and beyond 128 bits: use it where x is at most y.
@inline(__always) func divWad(_ x: UInt128, _ y: UInt128, _ place: Rounding) -> UInt128 {
  mulDiv(x, wad, y, place)
}

/// `a * b / d`, refused beyond 128 bits. `d` is not zero.
@inline(__always) func checkedMulDiv(
  _ a: UInt128, _ b: UInt128, _ d: UInt128, _ place: Rounding
) throws(RestakingError) -> UInt128 {
  guard UInt256(a, times: b).high < d else { throw .exceeds128Bits }
  return mulDiv(a, b, d, place)
}

// MARK: - 256 bits

/// `a * b / d`; nil beyond 256 bits. `d` is not zero.
func mulDiv(_ a: UInt256, _ b: UInt128, _ d: UInt128, _ place: Rounding) -> UInt256? {
  let (product, overflow) = a.multipliedReportingOverflow(by: b)
  if overflow { return UInt256(exactly: mulDiv(a.big, BigUInt(b), BigUInt(d), place)) }
  let (quotient, remainder) = product.dividedBy(d)
  guard place.isUp, remainder != 0 else { return quotient }
  let (sum, over) = quotient.addingReportingOverflow(UInt256(1))
  return over ? nil : sum
}

/// `a * b / d` in any width. `d` is not zero.
func mulDiv(_ a: BigUInt, _ b: BigUInt, _ d: BigUInt, _ place: Rounding) -> BigUInt {
  let (quotient, remainder) = (a * b).quotientAndRemainder(dividingBy: d)
  return place.isUp && remainder != 0 ? quotient + 1 : quotient
}
