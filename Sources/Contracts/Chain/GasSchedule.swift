// What a transaction costs in block space. Every figure says where it comes from (`Figure.basis`): the execution layer's own
// prices are exact; *counted* figures multiply them by the operations in the deployed contracts' sources, and are rounded; the
// others are *estimates*, of operations that are put together in one figure here, or of contracts that nobody has deployed.
// None was measured: eigenlayer-contracts publishes the gas of whole integration tests (.gas-snapshot), not of single calls.
//
// Prices: transaction 21,000 and ecrecover 3,000 (Yellow Paper, appendices G and E), calldata 16 a byte (EIP-2028), first
// read of a storage word 2,100 (EIP-2929), writing a fresh word 22,100 (EIP-2200 with EIP-2929), BN254 addition 150,
// multiplication 6,000, pairing 45,000 + 34,000 a pair (EIP-1108), BLS12-381 addition 375, map to G1 5,500, pairing 37,700 +
// 32,600 a pair (EIP-2537).

/// Gas by kind of transaction.
public struct GasSchedule: Sendable, Equatable {
  /// Every transaction. Yellow Paper, appendix G: G_transaction.
  public var transaction: UInt64 = 21_000
  /// Checking one certificate apart from its signers: the check of the aggregate (a pairing of two pairs is 113,000 on BN254)
  /// or the EIP-712 digest, and the record of the task, two fresh words.
  public var certificate: UInt64 = 150_000
  /// Each signer of a certificate. ECDSA: ecrecover 3,000 and 65 bytes of calldata 1,040. For aggregate schemes zero.
  public var certificatePerSigner: UInt64 = 4_000
  /// Each non-signer of a certificate, for aggregate schemes.
  public var certificatePerNonSigner: UInt64 = 0
  /// Evidence: two signature checks, two attestations as calldata (about 2,500), a case record of three fresh words.
  public var evidence: UInt64 = 120_000
  /// Opening a task: a record of four fresh words.
  public var createTask: UInt64 = 90_000
  /// Deposit, delegation, registration, allocation, queueing or completing a withdrawal: eight to fourteen fresh words
  /// with their reads and events by operation and number of strategies; one figure for all (estimate).
  public var stakeAction: UInt64 = 250_000
  /// Vetoing or disputing a case: two words of the case and a check of the caller (estimate).
  public var caseAction: UInt64 = 60_000
  /// Executing a due case, `slashOperator` for one strategy: maximum, encumbered and current magnitude, the history of the
  /// maximum, operator shares, burnable shares and their set entry (estimate).
  public var slash: UInt64 = 300_000

  public init() {}

  /// The figures, for descriptions.
  public enum Figure: String, CaseIterable, Sendable {
    case transaction, certificate, perSigner, perNonSigner, evidence, createTask, stakeAction, caseAction,
      slash
  }

  /// Where a figure comes from.
  public enum Basis: String, Sendable {
    /// The execution layer's own price.
    case price
    /// Prices times operations counted in the deployed contract's source.
    case counted
    /// Nothing that was measured or counted in a deployed contract.
    case estimate
  }

  /// Kinds of certificate by the signature that operators use.
  public enum Signers: Sendable, CaseIterable {
    /// `ECDSACertificateVerifier`: one recovery a signer.
    case ecdsa
    /// `BN254CertificateVerifier`: a pairing, and for each non-signer its merkle proof of ten levels (calldata and hashing
    /// about 6,000), its key and weights as calldata (2,000), and its entry in the cache, four fresh words (88,400).
    case bn254
    /// As if that verifier had been written for EIP-2537: keys of four words instead of two make six fresh words.
    case bls12381
    /// No precompile checks Ed25519 on chain; as if EIP-665 (2,000 a check; stagnant) had been adopted, with 96 bytes of
    /// calldata and the key's read.
    case ed25519
  }

  public init(_ signers: Signers) {
    switch signers {
    case .ecdsa: break
    case .bn254:
      // 113,000 pairing, two multiplications, hashing to G1 some 10,000, task record 44,200.
      certificate = 180_000
      certificatePerSigner = 0
      certificatePerNonSigner = 96_000
    case .bls12381:
      // 102,900 pairing, two maps to G1, task record 44,200.
      certificate = 165_000
      certificatePerSigner = 0
      certificatePerNonSigner = 142_000
    case .ed25519:
      certificatePerSigner = 5_600
    }
  }
}

extension GasSchedule.Figure {
  public var basis: GasSchedule.Basis {
    switch self {
    case .transaction: .price
    case .certificate, .perSigner, .perNonSigner: .counted
    case .evidence, .createTask, .stakeAction, .caseAction, .slash: .estimate
    }
  }

  /// What the figure is made of, in short.
  public var derivation: String {
    switch self {
    case .transaction: "Yellow Paper, appendix G"
    case .certificate: "the aggregate's pairing or the EIP-712 digest, and a task record of two fresh words"
    case .perSigner: "ecdsa: ecrecover and 65 bytes of calldata; none for aggregates"
    case .perNonSigner:
      "bn254: merkle proof of ten levels, key and weights as calldata, four fresh words of cache"
    case .evidence:
      "two signature checks, calldata, a record of three fresh words; no such contract is deployed"
    case .createTask: "a record of four fresh words"
    case .stakeAction: "eight to fourteen fresh words by operation; one figure for all"
    case .caseAction: "two words of the case and a check of the caller"
    case .slash: "slashOperator for one strategy: eight words and their histories"
    }
  }
}
