// How a service pays for work: rules as data.

/// Rewards of one service.
public struct RewardPolicy: Sendable, Equatable {
  /// What happens to the part of the pool that the service-level multiplier takes away.
  public enum Unearned: String, Sendable, Codable {
    /// It goes back to the service.
    case forfeit
    /// It is shared by those who earned.
    case reshare
  }

  /// Wei a year of 365 days; an epoch gets its share of it, rounded down.
  public var annualPool: UInt128
  /// Performance below this share of duties earns nothing, in bips.
  public var floorBips: UInt64
  /// Performance from this share on earns everything; linear in between. In bips.
  public var targetBips: UInt64
  public var unearned: Unearned

  public init(
    annualPool: UInt128, floorBips: UInt64 = 0, targetBips: UInt64 = 10_000, unearned: Unearned = .forfeit
  ) {
    self.annualPool = annualPool
    self.floorBips = floorBips
    self.targetBips = targetBips
    self.unearned = unearned
  }

  /// What is wrong with these values; empty when nothing is.
  public func validate() -> [String] {
    var mistakes: [String] = []
    if targetBips > 10_000 { mistakes.append("target: \(targetBips) bips is above 10000") }
    if floorBips > targetBips {
      mistakes.append("floor: \(floorBips) bips is above the target, \(targetBips)")
    }
    return mistakes
  }
}
