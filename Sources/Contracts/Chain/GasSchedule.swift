// What a transaction costs in block space. Contents of the figures: see each field; those marked as estimates are ours.

/// Gas by kind of transaction.
public struct GasSchedule: Sendable, Equatable {
  /// Every transaction. Yellow Paper, appendix G: G_transaction.
  public var transaction: UInt64 = 21_000
  /// Checking one certificate apart from its signers. Estimate: a BLS pairing check of about 110,000 gas, as Lagrange
  /// reports for its committee check, and two storage writes.
  public var certificate: UInt64 = 150_000
  /// Each signer of a certificate. ECDSA: the ecrecover precompile costs 3,000 (Yellow Paper), with calldata of 65
  /// bytes about 4,000 (estimate). For aggregate schemes set it to zero and `certificatePerNonSigner` instead.
  public var certificatePerSigner: UInt64 = 4_000
  /// Each non-signer of a certificate. BN254: a merkle witness and a point addition, about 12,000 (estimate).
  public var certificatePerNonSigner: UInt64 = 0
  /// Evidence: two signature checks and a case record (estimate).
  public var evidence: UInt64 = 120_000
  /// Opening a task: one record (estimate).
  public var createTask: UInt64 = 90_000
  /// Deposit, delegation, registration, allocation, queueing or completing a withdrawal: 100,000 to 400,000 in the
  /// contracts' own gas snapshots by number of strategies; one figure for all (estimate).
  public var stakeAction: UInt64 = 250_000
  /// Vetoing or disputing a case (estimate).
  public var caseAction: UInt64 = 60_000
  /// Executing a due case: slashOperator for one strategy (estimate).
  public var slash: UInt64 = 300_000

  public init() {}
}
