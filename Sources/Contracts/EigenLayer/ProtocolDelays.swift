// The block delays of the restaking contracts.

/// Immutables of the deployed contracts, in blocks.
public struct ProtocolDelays: Sendable, Equatable {
  /// A slashable deallocation, and a deregistered operator, stay slashable for this long. AllocationManager,
  /// DEALLOCATION_DELAY.
  public var deallocation: BlockNumber
  /// Until a new allocation delay or a new slasher takes force. AllocationManager, ALLOCATION_CONFIGURATION_DELAY.
  public var configuration: BlockNumber
  /// A queued withdrawal can be completed only after this many blocks. DelegationManager,
  /// MIN_WITHDRAWAL_DELAY_BLOCKS.
  public var withdrawal: BlockNumber

  public init(deallocation: BlockNumber, configuration: BlockNumber, withdrawal: BlockNumber) {
    self.deallocation = deallocation
    self.configuration = configuration
    self.withdrawal = withdrawal
  }

  /// 14, 17.5 and 14 days of 12 s blocks.
  public static let mainnet = ProtocolDelays(
    deallocation: 100_800, configuration: 126_000, withdrawal: 100_800)
  /// 50, 75 and 50 blocks.
  public static let testnet = ProtocolDelays(deallocation: 50, configuration: 75, withdrawal: 50)
}
